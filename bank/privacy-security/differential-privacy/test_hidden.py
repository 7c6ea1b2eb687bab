"""Hidden checks of `differential-privacy`; expectations come from Python's own floats, one row after the other."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
CLIPS = st.sampled_from([0.03, 0.8, 1.0, 2.5, 40.0])


def gradient(module, grads, clip, sigma, seed, *lot):
    return module.dp_mean_gradient(grads, clip, sigma, np.random.default_rng(seed), *lot)


def gradient_and_next(module, grads, clip, sigma, seed):
    """Return the gradient, and what the generator gives next."""
    rng = np.random.default_rng(seed)
    return module.dp_mean_gradient(grads, clip, sigma, rng), rng.random()


def gradients(module, batches, clip, sigma, seed, lot):
    """Return the gradients of several batches, each under a generator of the same seed."""
    return [module.dp_mean_gradient(grads, clip, sigma, np.random.default_rng(seed), lot=lot) for grads in batches]


def clipped(row, clip):
    """Return a row as the sum may see it."""
    if not all(map(math.isfinite, row)):
        return [0.0] * len(row)
    length = math.hypot(*row)
    return row if length <= clip else [value * (clip / length) for value in row]


def expected(grads, clip, sigma, rng, lot):
    """Return the gradient, in which the generator's numbers are used up."""
    rows = [clipped(row, clip) for row in grads.tolist()]
    noise = [number * sigma * clip for number in rng.normal(size=grads.shape[1]).tolist()]
    columns = [[*(row[place] for row in rows), number] for place, number in enumerate(noise)]
    return np.array([math.fsum(column) / lot for column in columns], dtype=np.float64)


def noiseless(grads, clip, lot):
    return expected(grads, clip, 0.0, np.random.default_rng(0), lot)


def draw(rng, clip, rows=6, width=4):
    """Draw rows from a fifth of the bound to five times the bound."""
    grads = rng.normal(size=(rows, width))
    lengths = clip * 5.0 ** rng.uniform(-1, 1, size=(rows, 1))
    return grads / np.linalg.norm(grads, axis=1, keepdims=True) * lengths


@points(4, group="clipping", group_zh="裁剪")
@stated("result", "clipping", "sum", "lot", "tolerance")
@contract("the clipped mean itself on plain numbers, before noise and corner cases")
@hint(en="Whose length is bounded: each example's, or the mean's?", zh="限制的是谁的长度：每个样本的，还是平均值的？")
@given(seed=SEEDS, clip=CLIPS)
@settings(max_examples=20)
def test_each_row_is_clipped_to_the_bound(solution, seed, clip):
    grads = draw(np.random.default_rng(seed), clip)
    assert_close(solution.run(gradient, grads, clip, 0.0, seed), noiseless(grads, clip, 6))


@points(2, group="clipping", group_zh="裁剪")
@stated("clipping", "tolerance")
@contract("that nothing happens to short rows, to the last bit, where other checks allow for rounding")
@hint(en="What exactly is a short row multiplied by?", zh="不超过上界的行，究竟乘以了什么？")
@given(seed=SEEDS, clip=CLIPS, share=st.sampled_from([1e-200, 1e-9, 0.5, 0.999]))
@settings(max_examples=15)
def test_short_rows_stay_exactly_as_they_are(solution, seed, clip, share):
    row = np.random.default_rng(seed).normal(size=(1, 3))
    row *= clip * share / np.linalg.norm(row)
    for grads, bound in ((row, clip), (np.zeros((1, 3)), clip), (np.array([[6.0, 0.0, -8.0]]), 10.0)):
        assert_equal(solution.run(gradient, grads, bound, 0.0, seed), grads[0])


@points(2, group="numerical care", group_zh="数值稳健性")
@stated("non-finite")
@hint(en="May one broken example spoil the whole step?", zh="一个坏样本可以毁掉整个一步吗？")
@given(seed=SEEDS, junk=st.sampled_from([math.nan, math.inf, -math.inf]))
@settings(max_examples=9)
def test_rows_that_are_not_finite_count_as_zeros(solution, seed, junk):
    rng = np.random.default_rng(seed)
    grads = draw(rng, 1.0)
    grads[rng.integers(6), rng.integers(4)] = junk
    assert_close(solution.run(gradient, grads, 1.0, 0.0, seed), noiseless(grads, 1.0, 6))


@points(2, group="numerical care", group_zh="数值稳健性")
@stated("huge", "grads", "result")
@hint(en="What is the square of 1e200, and in which dtype?", zh="1e200 的平方是多少？用的是什么 dtype？")
@given(seed=SEEDS, scale=st.sampled_from([1e160, 1e299]))
@settings(max_examples=8)
def test_huge_rows_are_clipped_like_any_other(solution, seed, scale):
    rng = np.random.default_rng(seed)
    grads = rng.uniform(-1, 1, size=(3, 4)) * np.array([[1.0], [1e20], [scale]])
    assert_close(solution.run(gradient, grads, 0.7, 0.0, seed), noiseless(grads, 0.7, 3))
    single = (grads[:2] * 1e10).astype(np.float32)
    assert_close(solution.run(gradient, single, 0.7, 0.0, seed), noiseless(single, 0.7, 2))


@points(4, group="noise", group_zh="噪声")
@stated("noise", "lot")
@hint(en="How much noise, how often, before or after the division?", zh="噪声有多大，加几次，在除法之前还是之后？")
@given(seed=SEEDS, clip=CLIPS, sigma=st.sampled_from([0.3, 1.7, 12.0]), rows=st.integers(1, 5))
@settings(max_examples=15)
def test_noise_is_drawn_once_and_added_to_the_sum(solution, seed, clip, sigma, rows):
    grads = draw(np.random.default_rng(seed), clip, rows)
    for multiplier in (sigma, 0.0):
        rng = np.random.default_rng(seed)
        wanted = expected(grads, clip, multiplier, rng, rows), rng.random()
        assert_close(solution.run(gradient_and_next, grads, clip, multiplier, seed), wanted)


@points(2, group="lots", group_zh="除数")
@stated("lot", "sum", "grads")
@hint(en="Which batch has no rows, and still a step?", zh="什么样的批次没有任何行，却仍然要走一步？")
@given(seed=SEEDS, lot=st.integers(1, 9), rows=st.integers(1, 3), width=st.integers(0, 3))
@settings(max_examples=12)
def test_the_lot_divides_whatever_the_number_of_rows(solution, seed, lot, rows, width):
    grads = np.random.default_rng(seed).normal(size=(rows, width))
    for batch in (grads, grads[:0]):
        wanted = expected(batch, 1.1, 0.6, np.random.default_rng(seed), lot)
        assert_close(solution.run(gradient, batch, 1.1, 0.6, seed, lot), wanted)


@points(2, group="privacy", group_zh="隐私性质")
@stated("clipping", "noise", "sum")
@contract("what all of it is for: the influence of one example on the sum is bounded, and order means nothing")
@hint(en="How far may one example move the sum?", zh="一个样本最多能让总和移动多远？")
@given(seed=SEEDS, clip=CLIPS, loud=st.sampled_from([1e-3, 1.0, 1e6]))
@settings(max_examples=12)
def test_one_example_moves_the_sum_by_the_bound_at_most(solution, seed, clip, loud):
    rng = np.random.default_rng(seed)
    grads = draw(rng, clip)
    other = grads.copy()
    other[2] = rng.normal(size=4) * loud
    batches = [grads, np.delete(grads, 2, axis=0), other, rng.permutation(grads)]
    whole, fewer, changed, turned = solution.run(gradients, batches, clip, 2.0, seed, 1)
    slack = 1e-9 * (np.linalg.norm(whole) + clip)
    assert np.linalg.norm(whole - fewer) <= clip + slack
    assert np.linalg.norm(whole - changed) <= 2 * clip + slack
    assert_close(turned, whole)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which bounds, multipliers and lots make no sense?", zh="哪些上界、噪声倍数和除数没有意义？")
def test_arguments_without_meaning_are_refused(solution):
    batch = np.ones((2, 3))
    bounds = [(batch, clip, 1.0) for clip in (0.0, -1.0, math.nan, math.inf)]
    noises = [(batch, 1.0, sigma) for sigma in (-0.1, math.nan, math.inf)]
    lots = [(batch, 1.0, 1.0, 0, 0), (batch, 1.0, 1.0, 0, -2), (np.ones((0, 3)), 1.0, 1.0, 0)]
    shapes = [(np.ones(3), 1.0, 1.0), (np.ones((1, 2, 3)), 1.0, 1.0)]
    for arguments in (*bounds, *noises, *lots, *shapes):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(gradient, *arguments, *([0] if len(arguments) == 3 else []))


def gradient_and_look(module, grads, clip):
    return module.dp_mean_gradient(grads, clip, 0.0, np.random.default_rng(0)).shape, grads


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs", "result", "grads")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_batch_stays_as_it_is(solution, rng):
    for dtype in (np.float64, np.float32):
        for junk in (0.5, math.nan):
            grads = draw(rng, 1.0).astype(dtype)
            grads[0, 0] = junk
            shape, after = solution.run(gradient_and_look, grads, 1.0)
            assert shape == (4,)
            assert_equal(after, grads)


@points(3, group="the budget", group_zh="隐私预算")
@stated("bound", "tolerance")
@hint(en="Which of the three does the noise grow with, and how?", zh="噪声随三个量中的哪些增大？怎样增大？")
@given(eps=st.floats(1e-3, 0.999), digits=st.floats(0.05, 12), sensitivity=st.floats(1e-6, 1e6))
@settings(max_examples=25)
def test_the_noise_of_a_budget(solution, eps, digits, sensitivity):
    delta = 10.0**-digits
    expected = math.sqrt(2 * (math.log(5) - math.log(4) + digits * math.log(10))) * sensitivity / eps
    assert_close(solution.gaussian_sigma(eps, delta, sensitivity), expected)


@points(1, group="the budget", group_zh="隐私预算")
@stated("bound-errors")
@hint(en="Where does the bound hold?", zh="这个界在什么范围内成立？")
def test_budgets_without_meaning_are_refused(solution):
    wrong = [(eps, 0.1, 1.0) for eps in (0.0, -0.5, 1.0, 3.0, math.nan)]
    wrong += [(0.5, delta, 1.0) for delta in (0.0, -0.1, 1.0, 1.2, math.nan)]
    wrong += [(0.5, 0.1, sensitivity) for sensitivity in (0.0, -1.0, math.nan, math.inf)]
    for arguments in wrong:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.gaussian_sigma(*arguments)
