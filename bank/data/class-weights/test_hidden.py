"""Hidden checks of `class-weights`; losses come from 60-digit decimals, thresholds from trying all of them."""

from collections import Counter
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
STEP = Decimal("1e-20")


# ---- inside the guest ----------------------------------------------------------------------------


def everything_and_look(submission, logits, labels, w, y, s):
    """Call all four functions; tell what they return, and their arguments afterwards."""
    returned = [
        submission.balanced_weights(y),
        submission.weighted_ce(logits, labels, w),
        submission.focal(logits, labels, 2.0, w),
        submission.best_threshold(y, s, 2, 3),
    ]
    return returned, (logits, labels, w, y, s)


# ---- the oracle ----------------------------------------------------------------------------------


def loss_of_row(row, label, gamma):
    """Return the loss of a row of decimals."""
    top = max(row)
    exps = [(z - top).exp() for z in row]
    rest = sum(exps) - exps[label] if gamma else None
    if gamma and row[label] == top:
        rest = sum(e for place, e in enumerate(exps) if place != label)
    focus = (rest / sum(exps)) ** Decimal(gamma) if gamma else 1
    return focus * (sum(exps).ln() - (row[label] - top))


def weighed(logits, y, gamma, w):
    """Return loss and gradient, the latter from differences."""
    with localcontext() as context:
        context.prec = 60
        rows = [[Decimal(float(z)) for z in row] for row in logits]
        shares = [Decimal(float(w[label])) for label in y]
        shares = [share / sum(shares) for share in shares]
        loss = sum(share * loss_of_row(row, label, gamma) for share, row, label in zip(shares, rows, y, strict=True))
        grad = np.zeros(logits.shape)
        for i, j in np.ndindex(*logits.shape):
            ends = [
                loss_of_row([z + move * (place == j) for place, z in enumerate(rows[i])], y[i], gamma)
                for move in (-STEP, STEP)
            ]
            grad[i, j] = float(shares[i] * (ends[1] - ends[0]) / (2 * STEP))
        return float(loss), grad.astype(logits.dtype)


def cost_at(y, s, threshold, cost_fp, cost_fn):
    errors = Counter((label, score >= threshold) for label, score in zip(y, s, strict=True))
    return cost_fp * errors[0, True] + cost_fn * errors[1, False]


def cheapest(y, s, cost_fp, cost_fn):
    """Try every threshold."""
    y, s = y.tolist(), s.tolist()
    cost, threshold = min((cost_at(y, s, each, cost_fp, cost_fn), each) for each in [*s, float("inf")])
    return threshold, cost


def draw_batch(rng, rows=4, classes=3, scale=2.0):
    """Draw logits, labels that all occur but one, and unequal weights."""
    labels = rng.integers(0, classes, rows)
    return rng.normal(0, scale, size=(rows, classes)), labels, rng.uniform(0.1, 5, classes)


# ---- the checks ----------------------------------------------------------------------------------


@points(2, group="balanced weights", group_zh="平衡权重")
@stated("balanced")
@hint(en="By what is the number of samples divided?", zh="样本数除以什么？")
@given(counts=st.lists(st.integers(1, 9), min_size=1, max_size=5), seed=SEEDS)
@settings(max_examples=20)
def test_weights_make_classes_count_alike(solution, counts, seed):
    rng = np.random.default_rng(seed)
    for names in ([30, -2, 7, 1000, 4], ["b", "a", "zz", "", "c"]):
        y = rng.permutation(np.repeat(np.array(names[: len(counts)]), counts))
        present = Counter(y.tolist())
        expected = [float(Fraction(len(y), len(present) * present[name])) for name in sorted(present)]
        classes, weights = solution.balanced_weights(y)
        assert_equal(classes, np.array(sorted(present), dtype=y.dtype))
        assert_close(weights, np.array(expected))


@points(3, group="loss", group_zh="损失")
@stated("loss")
@contract("the definition itself, shifted logits and scaled weights included")
@hint(en="By what is the sum divided?", zh="总和除以什么？")
@given(seed=SEEDS)
@settings(max_examples=15)
def test_weighted_cross_entropy(solution, seed):
    rng = np.random.default_rng(seed)
    for rows, classes in ((1, 3), (5, 4), (3, 2), (2, 1)):
        logits, y, w = draw_batch(rng, rows, classes)
        expected, _ = weighed(logits, y, 0, w)
        assert_close(solution.weighted_ce(logits, y, w), expected)
        assert_close(solution.weighted_ce(logits - 5, y, 1000 * w), expected)


@points(4, group="loss", group_zh="损失")
@stated("loss", "gradient")
@contract("the definition and its gradient for every drawn power")
@hint(en="The focus depends on the logits as well.", zh="聚焦因子也依赖于 logits。")
@given(seed=SEEDS, gamma=st.floats(1, 5))
@settings(max_examples=10)
def test_focal_loss_and_its_gradient(solution, seed, gamma):
    rng = np.random.default_rng(seed)
    for power in (0, 1, 2.0, gamma):
        logits, y, w = draw_batch(rng)
        assert_close(solution.focal(logits, y, power, w), weighed(logits, y, power, w), rtol=1e-9)


@points(2, group="numerical care", group_zh="数值稳健性")
@stated("stable", "loss", "gradient")
@hint(en="What is exp(10000)? What is log(0)?", zh="exp(10000) 是多少？log(0) 呢？")
def test_large_logits(solution):
    logits = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, 1e4], [5.0, 5.0, 5.0], [800.0, 0.0, 800.0], [900.0, 0.0, 1.0]])
    w = np.array([1.0, 2.0, 4.0])
    for labels in ([0, 1, 2, 1, 0], [2, 2, 1, 2, 1], [0, 2, 0, 2, 0]):
        y = np.array(labels)
        for gamma in (0, 1, 2.0, 3.5):
            expected = weighed(logits, y, gamma, w)
            assert_close(solution.focal(logits, y, gamma, w), expected)
        assert_close(solution.weighted_ce(logits, y, w), weighed(logits, y, 0, w)[0])
    sure, y = np.array([[1e4, 0.0], [0.0, 1e4]]), np.array([0, 1])
    for gamma in (0, 1, 2.0, 3.5):
        assert_equal(solution.focal(sure, y, gamma, w[:2]), (0.0, np.zeros((2, 2))))


@points(1, group="numerical care", group_zh="数值稳健性")
@stated("stable", "gradient")
@hint(en="Which dtypes are computed in, and which returned?", zh="用什么 dtype 计算？返回什么 dtype？")
def test_single_precision(solution):
    logits, y, w = draw_batch(np.random.default_rng(7), 6, 4, scale=30)
    logits = logits.astype(np.float32)
    for gamma in (0, 2.0):
        loss, grad = solution.focal(logits, y, gamma, w)
        expected = weighed(logits, y, gamma, w)
        assert_close(loss, expected[0])
        assert_close(grad, expected[1], rtol=1e-5)
    assert_close(solution.weighted_ce(logits, y, w), weighed(logits, y, 0, w)[0])


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("loss-errors", "balanced", "threshold")
@hint(en="What does NumPy make of the index -1?", zh="NumPy 如何理解下标 -1？")
def test_what_has_no_loss_is_refused(solution):
    logits, y = np.zeros((2, 3)), np.array([0, 2])
    bad = [
        (logits, y, [0.0, 1.0, 0.0]),
        (logits, y, [1.0, -1.0, 1.0]),
        (logits, y, [1.0, 1.0]),
        (logits, y, [1.0] * 4),
        (logits, np.array([0, 3]), [1.0] * 3),
        (logits, np.array([0, -1]), [1.0] * 3),
        (logits[:0], y[:0], [1.0] * 3),
    ]
    for first, second, weights in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.weighted_ce(first, second, np.array(weights))
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.focal(first, second, 2.0, np.array(weights))
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.balanced_weights(np.array([], dtype=np.int64))
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.best_threshold(y[:0], np.zeros(0), 1, 1)
    assert_close(solution.weighted_ce(logits, y, np.array([1.0, 0.0, 0.0])), float(np.log(3)))


@points(3, group="threshold", group_zh="阈值")
@stated("threshold")
@contract("the definition against trying every threshold, on drawn scores")
@hint(en="How do the errors change from one score to the next?", zh="从一个分数到下一个，错误数如何变化？")
@given(
    seed=SEEDS,
    size=st.integers(1, 12),
    costs=st.tuples(st.integers(0, 4), st.integers(0, 4)) | st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)),
)
@settings(max_examples=25)
def test_no_threshold_is_cheaper(solution, seed, size, costs):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, size)
    for s in (rng.normal(size=size), rng.integers(-2, 3, size) / 4):
        assert_equal(solution.best_threshold(y, s, *costs), cheapest(y, s, *costs))


@points(2, group="threshold", group_zh="阈值")
@stated("threshold")
@contract("the corners each time: one class alone, errors that cost nothing, ties")
@hint(en="What if there is nobody to find, or nobody to spare?", zh="如果没有正例，或没有负例呢？")
def test_one_sided_samples_and_free_errors(solution):
    s = np.array([0.5, -1.0, 0.5, 3.0])
    for labels in ([0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 0, 1], [0, 1, 1, 0], [1, 0, 1, 0]):
        y = np.array(labels)
        for cost_fp in (0, 1, 3):
            for cost_fn in (0, 1, 2):
                assert_equal(solution.best_threshold(y, s, cost_fp, cost_fn), cheapest(y, s, cost_fp, cost_fn))


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged", "gradient", "threshold")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution):
    logits, labels, w = draw_batch(np.random.default_rng(1))
    y, s = np.array([1, 0, 1, 1, 0]), np.array([0.3, 2.0, -1.0, 0.5, 0.4])
    returned, arguments = solution.run(everything_and_look, logits, labels, w, y, s)
    assert_equal(arguments, (logits, labels, w, y, s))
    expected = weighed(logits, labels, 2.0, w)
    assert_equal(returned[0][0], np.array([0, 1]))
    assert_close(returned[1], weighed(logits, labels, 0, w)[0])
    assert_close(returned[2], expected, rtol=1e-9)
    assert_equal(returned[3], cheapest(y, s, 2, 3))


@performance(
    points=2, of="best_threshold", group="speed", group_zh="速度", at_least=4.0, times_faster_than="every_threshold"
)
@stated("speed")
def many_scores(rng):
    return (rng.integers(0, 2, size=6000), rng.normal(size=6000), 3, 7), {}
