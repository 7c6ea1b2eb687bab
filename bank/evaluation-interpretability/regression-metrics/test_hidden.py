"""Hidden checks of `regression-metrics`; expectations are exact fractions."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- inside the guest ----------------------------------------------------------------------------


def in_parts(submission, parts, order):
    """Feed each part to one of three, merge them in an order; tell the result, twice."""
    held = [submission.Running() for _ in range(3)]
    for place, part in enumerate(parts):
        held[place % 3].update(*part)
    for other in order[1:]:
        held[order[0]].merge(held[other])
    return held[order[0]].result(), held[order[0]].result()


def merged_and_used(submission, first, second, third):
    """Tell what both know after one has been merged into the other and each has gone on."""
    one, other, empty = submission.Running(), submission.Running(), submission.Running()
    one.update(*first)
    other.update(*second)
    one.merge(other)
    other_then = other.result()
    other.update(*third)
    one_then = one.result()
    one.update(*third)
    one.merge(empty)
    empty.merge(submission.Running())
    empty.merge(other)
    doubled = submission.Running()
    doubled.update(*first)
    doubled.merge(doubled)
    doubled.update(*second)
    return one_then, other_then, one.result(), other.result(), empty.result(), doubled.result()


def after_refusal(submission, good, bad):
    """Tell whether a batch is refused, and the result afterwards."""
    running = submission.Running()
    running.update(*good)
    try:
        running.update(*bad)
    except ValueError:
        return "ValueError", running.result()
    return "", running.result()


def result_of(submission, parts):
    running = submission.Running()
    for part in parts:
        running.update(*part)
    return running.result()


def measure_and_look(submission, y, p, w):
    return submission.metrics(y, p, w), result_of(submission, [(y, p, w)]), (y, p, w)


# ---- the oracle ----------------------------------------------------------------------------------


def exact(y, p, w=None):
    """All four numbers, rounded once."""
    ys, ps = ([Fraction(value) for value in array.ravel().tolist()] for array in (y, p))
    ws = [Fraction(value) for value in (np.ones(len(ys)) if w is None else w).tolist()]

    def mean(values):
        return sum(weight * value for weight, value in zip(ws, values, strict=True)) / sum(ws)

    mse = mean([(b - a) ** 2 for a, b in zip(ys, ps, strict=True)])
    centre = mean(ys)
    spread = mean([(a - centre) ** 2 for a in ys])
    r2 = 1 - mse / spread if spread else Fraction(mse == 0)
    mae = mean([abs(b - a) for a, b in zip(ys, ps, strict=True)])
    return {"mse": float(mse), "rmse": math.sqrt(mse), "mae": float(mae), "r2": float(r2)}


def agree(told, wanted, slack=1e-9):
    assert set(told) == set(wanted)
    for name, value in wanted.items():
        assert isinstance(told[name], float)
        scale = max(1.0, abs(value)) if name == "r2" else abs(value)
        assert abs(told[name] - value) <= slack * scale, name


def draw(seed, number, offset=0.0):
    rng = np.random.default_rng(seed)
    y = rng.normal(2, 3, size=number).round(3) + offset
    return (
        y,
        y + rng.normal(0.5, 2, size=number).round(3),
        rng.integers(0, 5, size=number) / 2 + (np.arange(number) == 0),
    )


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="metrics", group_zh="指标")
@stated("result", "weights", "precision", "arrays")
@contract("the definitions on plain numbers, with and without weights")
@hint(en="Which mean stands under R2?", zh="R2 的分母是什么的平均？")
@given(seed=SEEDS, number=st.integers(2, 12))
@settings(max_examples=15, deadline=None)
def test_the_four_numbers(solution, seed, number):
    y, p, w = draw(seed, number)
    agree(solution.metrics(y, p), exact(y, p))
    agree(solution.metrics(y, p, w), exact(y, p, w))
    agree(solution.metrics(y, np.full(number, y.mean())), exact(y, np.full(number, y.mean())))
    agree(solution.metrics(y[:1], p[:1]), exact(y[:1], p[:1]))


@points(2, group="metrics", group_zh="指标")
@stated("arrays", "precision", "unchanged")
@hint(
    en="What does (N, 1) minus (N,) give? And the square of 2**40 in int64?",
    zh="(N, 1) 减 (N,) 得到什么？2**40 在 int64 中的平方呢？",
)
@given(seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_shapes_and_dtypes(solution, seed):
    y, p, w = draw(seed, 7)
    big = np.random.default_rng(seed).integers(-(2**40), 2**40, size=(2, 7))
    single = ((1e4 * y).astype(np.float32), (1e4 * y + p).astype(np.float32))
    for a, b in ((y, p), tuple(big), single, (big[0], p), (single[0], big[1])):
        for truth, guess in ((a[:, None], b), (a, b[:, None]), (a[:, None], b[:, None]), (a[::-1], b[::-1])):
            weights = w if truth.strides[0] > 0 else w[::-1]
            at_once, in_one_part, after = solution.run(measure_and_look, truth, guess, weights)
            agree(at_once, exact(truth, guess, weights))
            agree(in_one_part, exact(truth, guess, weights))
            assert_equal(after, (truth, guess, weights))


@points(2, group="corner cases", group_zh="特殊情况")
@stated("constant", "weights")
@hint(en="Is the computed mean of equal numbers that number?", zh="一些相等的数，算出来的平均值等于那个数吗？")
def test_constant_truth(solution):
    for value in (0.1, 1e8 + 0.1, -3.3, 0.0):
        for number in (1, 3, 10, 11):
            y, w = np.full(number, value), np.linspace(0.1, 0.7, number)
            right, wrong = y.copy(), y + 0.25
            for p in (right, wrong):
                wanted = exact(y, p, w)
                agree(solution.metrics(y, p, w), wanted, 1e-7)
                agree(solution.metrics(np.append(y, 7.0), np.append(p, 9.0), np.append(w, 0.0)), wanted, 1e-7)
                parts = [
                    (np.array([7.0]), np.array([1.0]), np.zeros(1)),
                    *((y[i:], p[i:], w[i:]) for i in range(number)),
                ]
                told = solution.run(result_of, parts)
                assert told["r2"] == wanted["r2"]


@points(3, group="precision", group_zh="精度")
@stated("precision", "running")
@hint(
    en="What is left of the mean of squares less the square of the mean?",
    zh="“平方的平均减平均的平方”还剩几位有效数字？",
)
@given(seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_far_from_zero(solution, seed):
    for offset in (1e8, -1e8):
        y, p, w = draw(seed, 30, offset)
        agree(solution.metrics(y, p, w), exact(y, p, w), 1e-6)
        parts = [(y[i : i + 4], p[i : i + 4], w[i : i + 4]) for i in range(0, 30, 4)]
        for order in ([0, 1, 2], [2, 0, 1]):
            agree(solution.run(in_parts, parts, order)[0], exact(y, p, w), 1e-6)


@points(4, group="parts", group_zh="分块")
@stated("running", "update", "merge", "weights")
@contract("the law of every way to cut and to merge; its corner cases are met elsewhere")
@hint(en="Is the mean of the batches' means the mean?", zh="各批平均值的平均，就是总平均吗？")
@given(seed=SEEDS, cuts=st.lists(st.integers(0, 15), max_size=5), order=st.permutations([0, 1, 2]))
@settings(max_examples=12, deadline=None)
def test_parts_in_any_order(solution, seed, cuts, order):
    y, p, w = draw(seed, 15)
    for weights in (None, w):
        ends = [0, *sorted(cuts), 15]
        parts = [(y[a:b], p[a:b, None], None if weights is None else w[a:b]) for a, b in pairwise(ends)]
        for told in solution.run(in_parts, parts, order):
            agree(told, exact(y, p, weights))


@points(2, group="parts", group_zh="分块")
@stated("merge", "running")
@hint(en="Who changes, and who does not? May one be merged into itself?", zh="谁变，谁不变？可以与自己合并吗？")
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None)
def test_merging(solution, seed):
    first, second, third = draw(seed, 4), draw(seed + 1, 6), draw(seed + 2, 3)

    def of(*parts):
        return exact(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    told = solution.run(merged_and_used, first, second, third)
    wanted = [of(first, second), of(second), of(first, second, third), of(second, third), of(second, third)]
    for one, other in zip(told, [*wanted, of(first, first, second)], strict=True):
        agree(one, other)


@points(3, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "unchanged")
@hint(
    en="Which rows make no mean? And has anything been added before that was noticed?",
    zh="什么样的行求不出平均？发现之前加进去什么了吗？",
)
def test_what_has_no_mean_is_refused(solution):
    y, p, w = draw(5, 4)
    w = w + 1
    bad = [(y[:3], p, w), (y, p[:3], w), (y, p, w[:3]), (y, p[:1], w), (y[:1], p, w), (y, p, w[:1]), (y, p, w[:, None])]
    bad += [(y.reshape(2, 2), p.reshape(2, 2), w[:2]), (y.reshape(2, 2), p.reshape(2, 2), None), (y[None], p, w)]
    bad += [(y[:, None, None], p, w), (y, p, -w), (y, p, w - 1.5 * (np.arange(4) == 2) * w), (y[:1], p[:, None], None)]
    bad += [(y[None], p[None], None), (np.array(1.0), np.array(2.0), None)]
    for junk in (math.nan, math.inf, -math.inf):
        spoilt = [np.where(np.arange(4) == 2, junk, array) for array in (y, p, w)]
        bad += [(spoilt[0], p, w), (y, spoilt[1], w), (y, p, spoilt[2])]
        bad += [(spoilt[0], p, w * (np.arange(4) != 2)), (y, spoilt[1], w * (np.arange(4) != 2))]
    for batch in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.metrics(*batch)
        told, result = solution.run(after_refusal, (y, p, w), batch)
        assert told == "ValueError"
        agree(result, exact(y, p, w))
    for nothing in ((y[:0], p[:0], w[:0]), (y[:0], p[:0], None), (y, p, 0 * w)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.metrics(*nothing)
        for parts in ([], [nothing], [nothing, nothing]):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.run(result_of, parts)
