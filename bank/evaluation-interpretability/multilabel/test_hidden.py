"""Hidden checks of `multilabel`; losses entry by entry, sets as sets, every threshold tried."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- inside the guest ----------------------------------------------------------------------------


def use_all(submission, logits, y, weight, thr):
    """Call everything; tell the results and the arguments."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = submission.ml_loss(logits, y, weight), submission.predict(logits, thr)
    told += submission.ml_metrics(y, told[1]), submission.fit_thresholds(logits, y)
    return told, (logits, y, weight, thr)


# ---- the oracle ----------------------------------------------------------------------------------


def softplus(z):
    return z + math.log1p(math.exp(-z)) if z > 0 else math.log1p(math.exp(z))


def sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def expected_loss(logits, y, weight):
    gradient, costs = np.zeros(logits.shape), []
    for i, j in np.ndindex(logits.shape):
        z, v = float(logits[i, j]), float(weight[j])
        costs.append(v * softplus(-z) if y[i, j] else softplus(z))
        gradient[i, j] = (v * (sigmoid(z) - 1) if y[i, j] else sigmoid(z)) / logits.size
    return math.fsum(costs) / logits.size, gradient


def f1(true, predicted):
    return 2 * len(true & predicted) / (len(true) + len(predicted)) if true or predicted else 1.0


def expected_metrics(y, p):
    entries = [[{(int(i), int(j)) for i, j in np.argwhere(array)}] for array in (y, p)]
    (true,), (predicted,) = entries
    n, c = y.shape

    def mean_f1(axis, number):
        parts = ([{entry for entry in whole if entry[axis] == k} for k in range(number)] for whole in (true, predicted))
        return math.fsum(f1(a, b) for a, b in zip(*parts, strict=True)) / number

    wrong = true ^ predicted
    return {
        "subset_accuracy": 1 - len({i for i, _ in wrong}) / n,
        "hamming_loss": len(wrong) / (n * c),
        "example_f1": mean_f1(0, n),
        "micro_f1": f1(true, predicted),
        "macro_f1": mean_f1(1, c),
    }


def expected_thresholds(scores, y):
    best = []
    for column, truth in zip(scores.T.tolist(), y.T.tolist(), strict=True):
        true = {i for i, label in enumerate(truth) if label}
        tried = {t: f1(true, {i for i, s in enumerate(column) if s >= t}) for t in [math.inf, *column]}
        best.append(max(tried, key=lambda t: (tried[t], t)))
    return np.array(best)


def draw(seed, n, c):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 3, size=(n, c)), rng.integers(0, 2, size=(n, c)), rng.uniform(0.2, 5, size=c)


# ---- the checks ----------------------------------------------------------------------------------


@points(3, group="the loss", group_zh="损失")
@stated("loss", "arrays", "tolerance")
@hint(en="Do two labels compete? Over what is the mean?", zh="两个标签互相竞争吗？对什么求平均？")
@given(seed=SEEDS, n=st.integers(1, 5), c=st.integers(1, 4))
@settings(max_examples=12, deadline=None)
def test_the_loss_and_its_gradient(solution, seed, n, c):
    logits, y, weight = draw(seed, n, c)
    assert_close(solution.ml_loss(logits, y), expected_loss(logits, y, np.ones(c)), rtol=1e-9)
    for truth in (y, y == 1, 0 * y, 0 * y + 1):
        assert_close(solution.ml_loss(logits, truth, weight), expected_loss(logits, truth, weight), rtol=1e-9)


@points(2, group="the loss", group_zh="损失")
@stated("large", "loss", "unchanged", "predict", "metrics", "thresholds")
@hint(en="What is the logarithm of a sigmoid that has rounded to 0?", zh="sigmoid 舍入成 0 之后，它的对数是多少？")
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_large_logits_and_arguments_left_alone(solution, seed):
    rng = np.random.default_rng(seed)
    sizes = np.array([[1e4, -1e4, 40.0, -40.0], [800.0, -800.0, 7e3, -36.0], [-1e4, 1e4, -0.5, 720.0]])
    for y in (rng.integers(0, 2, size=(3, 4)), rng.random((3, 4)) < 0.5):
        weight, thr = rng.uniform(0.5, 3, size=4), rng.uniform(0.2, 0.8, size=4)
        told, after = solution.run(use_all, sizes, y, weight, thr)
        assert_close(told[0], expected_loss(sizes, y, weight), rtol=1e-9)
        p = np.array([[sigmoid(z) >= t for z, t in zip(row, thr, strict=True)] for row in sizes])
        assert_equal(told[1], p)
        assert_close(told[2], expected_metrics(y, p), rtol=1e-9)
        assert_equal(told[3], expected_thresholds(sizes, y))
        assert_equal(after, (sizes, y, weight, thr))


@points(2, group="prediction", group_zh="预测")
@stated("predict")
@hint(
    en="Is that a threshold of logits or of probabilities, one or several?",
    zh="阈值针对 logit 还是概率？一个还是多个？",
)
@given(seed=SEEDS, n=st.integers(1, 5), c=st.integers(1, 4))
@settings(max_examples=10, deadline=None)
def test_predictions(solution, seed, n, c):
    logits, _, _ = draw(seed, n, c)
    thr = np.random.default_rng(seed).uniform(0.01, 0.99, size=c)
    wanted = [[sigmoid(z) >= t for z, t in zip(row, thr.tolist(), strict=True)] for row in logits.tolist()]
    assert_equal(solution.predict(logits, thr), np.array(wanted))
    border = np.zeros((2, c))
    assert_equal(solution.predict(border, np.full(c, 0.5)), np.ones((2, c), dtype=bool))
    assert_equal(solution.predict(border - 1e-6, np.full(c, 0.5)), np.zeros((2, c), dtype=bool))


@points(4, group="metrics", group_zh="指标")
@stated("metrics", "f1", "arrays", "tolerance")
@contract("the definitions of the five metrics, on tables of every size")
@hint(en="Write the sets down. What if both are empty?", zh="把集合写下来。两个都为空呢？")
@given(seed=SEEDS, n=st.integers(1, 6), c=st.integers(1, 5))
@settings(max_examples=15, deadline=None)
def test_metrics(solution, seed, n, c):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, size=(n, c))
    for p in (y, 1 - y, 0 * y, rng.integers(0, 2, size=(n, c)), y * rng.integers(0, 2, size=(n, c))):
        assert_close(solution.ml_metrics(y, p), expected_metrics(y, p), rtol=1e-9)
        assert_close(solution.ml_metrics(y == 1, p), expected_metrics(y, p), rtol=1e-9)
        assert_close(solution.ml_metrics(p, y == 1), expected_metrics(p, y), rtol=1e-9)


@points(1, group="metrics", group_zh="指标")
@stated("metrics", "f1")
@contract("one table on which the five numbers and their usual confusions all differ")
@hint(en="Which of the five means is taken over what?", zh="五个数各对什么求平均？")
def test_a_table_with_empty_rows_and_columns(solution):
    y = np.array([[1, 1, 0, 0, 0], [0, 0, 0, 0, 0], [1, 0, 1, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0]])
    p = np.array([[1, 0, 0, 0, 1], [0, 0, 0, 0, 0], [1, 0, 1, 0, 0], [0, 1, 1, 0, 1], [1, 0, 0, 0, 0]])
    assert_close(solution.ml_metrics(y, p), expected_metrics(y, p), rtol=1e-9)


@points(4, group="thresholds", group_zh="阈值")
@stated("thresholds", "f1", "tolerance")
@hint(
    en="One label at a time; which of equals, and what of equal scores?", zh="一次一个标签；并列时取哪个？分数相等呢？"
)
@given(seed=SEEDS, n=st.integers(1, 9), c=st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_every_threshold_tried(solution, seed, n, c):
    scores, y, _ = draw(seed, n, c)
    y[:, 0] = 0
    for values in (scores, scores.round(), np.full((n, c), 0.25), -np.abs(scores)):
        for truth in (y, y == 1, 0 * y + 1, 0 * y):
            assert_equal(solution.fit_thresholds(values, truth), expected_thresholds(values, truth))
    # two thresholds with one F1: half of the label at once, or all of it with as many others
    tied, truth = np.array([[0.9, 0.2], [0.8, 0.4], [0.7, 0.3], [0.6, 0.1]]), np.array([[1, 0], [0, 1], [0, 0], [1, 1]])
    assert_equal(solution.fit_thresholds(tied, truth), expected_thresholds(tied, truth))
    # the first, or the last, of equal scores alone would be the best of all
    tied, truth = np.array([[0.9] * 2] + [[0.5] * 2] * 5), np.array([[1, 1], [1, 0], [0, 0], [0, 0], [0, 0], [0, 1]])
    assert_equal(solution.fit_thresholds(tied, truth), expected_thresholds(tied, truth))


@points(3, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which arrays make no table of labels?", zh="哪些数组构不成标签表？")
def test_what_makes_no_table_is_refused(solution):
    y, z, ones, half = np.array([[1, 0, 1], [0, 1, 1]]), np.full((2, 3), 0.25), np.ones(3), np.full(3, 0.5)
    nan = np.where(np.arange(6).reshape(2, 3) == 4, np.nan, z)
    calls = [(solution.ml_metrics, (a, b)) for a, b in ((y[:1], y), (y, y[:, :1]), (y[0], y[0]), (y[:0], y[:0]))]
    calls += [(solution.ml_metrics, pair) for pair in ((y[:, :0], y[:, :0]), (2 * y, y), (y, -y), (y[None], y[None]))]
    for function in (solution.ml_loss, solution.fit_thresholds):
        calls += [
            (function, pair) for pair in ((z[:1], y), (z, y[:1]), (z[0], y[0]), (z[:0], y[:0]), (z, y + 1), (nan, y))
        ]
        calls += [(function, pair) for pair in ((z[:, :0], y[:, :0]), (z[None], y[None]), (z, -y), (z[:, :1], y))]
    calls += [
        (solution.ml_loss, (z, y, w)) for w in (ones[:2], ones[:1], 0 * ones, -ones, ones * [1, 0, 1], ones[None])
    ]
    calls += [(solution.ml_loss, (z, y, ones * [1, np.nan, 1]))]
    calls += [
        (solution.predict, (z, t)) for t in (half[:2], half[:1], half * [1, 0, 1], half * [1, 2, 1], -half, 3 * half)
    ]
    calls += [
        (solution.predict, pair)
        for pair in ((z[0], half), (z[:0], half), (z[None], half), (nan, half), (z, half[None]))
    ]
    calls += [(solution.predict, (z, half * [1, np.nan, 1])), (solution.predict, (z[:, :0], half[:0]))]
    for function, arguments in calls:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            function(*arguments)


@performance(
    points=2, of="fit_thresholds", group="speed", group_zh="速度", at_least=2.0, times_faster_than="each_candidate"
)
@stated("speed")
def many_samples(rng):
    y = rng.integers(0, 2, size=(500, 3))
    return (rng.normal(size=(500, 3)) + y, y), {}
