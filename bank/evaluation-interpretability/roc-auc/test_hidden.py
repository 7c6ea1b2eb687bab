"""Hidden checks of `roc-auc`; areas are counted pair by pair, curves threshold by threshold."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(0, 10)


# ---- the oracle ----------------------------------------------------------------------------------


def expected_area(y, scores):
    """Compare every sample of class 1 with every one of class 0."""
    positive = [score for label, score in zip(y.tolist(), scores.tolist(), strict=True) if label]
    negative = [score for label, score in zip(y.tolist(), scores.tolist(), strict=True) if not label]
    halves = sum(2 * (one > other) + (one == other) for one in positive for other in negative)
    return halves / (2 * len(positive) * len(negative))


def expected_curve(y, scores):
    """Count anew for each threshold."""
    pairs = list(zip(scores.tolist(), y.tolist(), strict=True))
    thresholds = [math.inf, *sorted({score for score, _ in pairs}, reverse=True)]
    rates = []
    for wanted in (False, True):
        group = [score for score, label in pairs if bool(label) is wanted]
        rates.append(np.array([sum(score >= t for score in group) / len(group) for t in thresholds]))
    return rates[0], rates[1], np.array(thresholds)


def draw(seed, size, tied):
    """Draw samples of both classes, with many equal scores or with none."""
    rng = np.random.default_rng(seed)
    y = rng.permutation([0, 1, *rng.integers(0, 2, size=size)])
    scores = rng.integers(-2, 3, size=size + 2) / 2 if tied else rng.normal(0, 3, size=size + 2) + y
    return y, scores


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="the area", group_zh="面积")
@stated("auc", "tolerance")
@contract("the definition of the area, without and with equal scores")
@hint(en="What does a pair with equal scores count?", zh="分数相等的一对样本算多少？")
@given(seed=SEEDS, size=SIZES, tied=st.booleans())
@settings(max_examples=25)
def test_the_area_is_the_share_of_pairs_in_order(solution, seed, size, tied):
    y, scores = draw(seed, size, tied)
    # in order, useless, the wrong way round
    for values in (scores, y + 0.0, np.full(len(y), -3.0), 0.25 - y):
        assert_close(solution.roc_auc(y, values), expected_area(y, values))


@points(4, group="the curve", group_zh="曲线")
@stated("curve", "thresholds", "tolerance")
@hint(en="How many points are there, and which samples pass a threshold?", zh="曲线有几个点？哪些样本达到阈值？")
@given(seed=SEEDS, size=SIZES, tied=st.booleans())
@settings(max_examples=25)
def test_the_curve_threshold_by_threshold(solution, seed, size, tied):
    y, scores = draw(seed, size, tied)
    *rates, thresholds = solution.roc_curve(y, scores)
    *wanted, wanted_thresholds = expected_curve(y, scores)
    assert_close(rates, wanted)
    assert_equal(thresholds, wanted_thresholds)


@points(2, group="dtypes", group_zh="数据类型")
@stated("labels", "scores", "auc")
@hint(
    en="What is 1 - y for a bool array, and what does float32 do to scores?",
    zh="bool 数组的 1 - y 是什么？float32 会怎样影响分数？",
)
@given(seed=SEEDS, size=SIZES)
@settings(max_examples=10)
def test_bool_labels_and_scores_that_nearly_agree(solution, seed, size):
    y, _ = draw(seed, size, tied=True)
    near = 1.0 + np.random.default_rng(seed).permutation(len(y)) * 1e-15
    for labels, scores in ((y == 1, near), (y, 1e-300 * near), (y == 1, (1e4 * near).astype(np.float32))):
        assert_close(solution.roc_auc(labels, scores), expected_area(labels, scores))


@points(1, group="laws", group_zh="规律")
@stated("auc", "curve", "thresholds")
@contract("what the area is good for: only the order of scores matters, and the curve encloses it")
@hint(en="Does it matter how far apart two scores are?", zh="两个分数相差多远，有关系吗？")
@given(seed=SEEDS, tied=st.booleans())
@settings(max_examples=10)
def test_only_the_order_of_scores_matters(solution, seed, tied):
    y, scores = draw(seed, 10, tied)
    area = solution.roc_auc(y, scores)
    for rising in (np.exp(scores), 3 * scores - 100, np.arctan(scores)):
        assert_close(solution.roc_auc(y, rising), area)
    for turned in (solution.roc_auc(y, -scores), solution.roc_auc(1 - y, scores)):
        assert_close(turned + area, 1.0)
    fpr, tpr, _ = solution.roc_curve(y, scores)
    assert_close(float(np.trapezoid(tpr, fpr)), area)
    assert (np.diff(fpr) >= 0).all()
    assert (np.diff(tpr) >= 0).all()


@points(3, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which labels and scores make no curve?", zh="什么样的标签和分数画不出曲线？")
def test_what_makes_no_curve_is_refused(solution):
    y, scores = np.array([0, 1, 1, 0]), np.array([0.1, 0.7, 0.2, 0.4])
    wrong = [(y[:3], scores), (y, scores[:3]), (y, scores[:1]), (y[:1], scores)]
    wrong += [(y[:, None], scores), (y, scores[:, None]), (y[:, None], scores[:, None]), (y.reshape(2, 2), scores)]
    wrong += [(np.full(4, label), scores) for label in (0, 1)] + [(y[:0], scores[:0]), (y[:1], scores[:1])]
    wrong += [(labels, scores) for labels in (2 * y, 2 * y - 1, y + 1, np.array([0, 1, 2, 1]), np.array([0, 1, -1, 0]))]
    wrong += [(y == 5, scores), (y < 5, scores)]
    for junk in (math.nan, math.inf, -math.inf):
        wrong.append((y, np.array([0.1, junk, 0.2, 0.4])))
    for arguments in wrong:
        for function in (solution.roc_curve, solution.roc_auc):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                function(*arguments)


def measure_and_look(module, y, scores):
    return len(module.roc_curve(y, scores)), module.roc_auc(y, scores), y, scores


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution):
    for dtype in (np.float64, np.float32):
        y, scores = np.array([1, 0, 1, 0]), np.array([0.5, 2.0, -1.0, 0.5]).astype(dtype)
        count, _, y_after, scores_after = solution.run(measure_and_look, y, scores)
        assert count == 3
        assert_equal((y_after, scores_after), (y, scores))


@performance(points=2, of="roc_auc", group="speed", group_zh="速度", at_least=2.0, times_faster_than="all_pairs")
@stated("speed")
def many_samples(rng):
    return (rng.integers(0, 2, size=6000), rng.normal(size=6000)), {}
