"""Hidden checks of `risk-screening-metrics`; figures come from fractions, thresholds from trying them all."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
COUNTS = st.integers(0, 5) | st.integers(0, 10**4) | st.integers(10**29, 10**30)
RTOL = 1e-9


# ---- inside the guest ----------------------------------------------------------------------------


def resample(submission, y, s, n, level, seed):
    """Tell the interval, every resample, what the generator draws next, and the inputs afterwards."""
    seen, rng = [], np.random.default_rng(seed)

    def metric(classes, scores):
        seen.append((classes.copy(), scores.copy()))
        return weight(classes, scores)

    interval = submission.bootstrap_ci(y, s, metric, n, level, rng)
    return interval, seen, rng.integers(10**9), (y, s)


def draw_after_refusal(submission, y, s, n, level):
    """Return what the generator draws after a call that raises, and how often the metric was called."""
    rng, calls = np.random.default_rng(3), []
    try:
        submission.bootstrap_ci(y, s, lambda y, s: calls.append(1) or 1.0, n, level, rng)
    except ValueError:
        return rng.integers(10**9), len(calls)
    return None


def threshold_and_look(submission, y, s, min_sens):
    return submission.threshold_for(y, s, min_sens), y, s


def weight(classes, scores):
    """Return a number that depends on every place of a resample."""
    return float(((2 * classes - 1) * scores * np.arange(1, len(scores) + 1)).sum())


# ---- the oracle ----------------------------------------------------------------------------------


def share(part, whole):
    return float(Fraction(part, whole)) if whole else None


def figures(tp, fp, fn, tn):
    everybody = tp + fp + fn + tn
    shares = {
        "sensitivity": share(tp, tp + fn),
        "specificity": share(tn, fp + tn),
        "ppv": share(tp, tp + fp),
        "npv": share(tn, fn + tn),
        "accuracy": share(tp + tn, everybody),
        "prevalence": share(tp + fn, everybody),
    }
    ratio = Fraction(tp, tp + fn) / Fraction(fp, fp + tn) if tp + fn and fp else None
    return {**shares, "lr_plus": None if ratio is None else float(ratio)}


def agree(told, expected):
    """Compare each figure by its own magnitude."""
    assert isinstance(told, dict)
    assert sorted(told) == sorted(expected)
    for name, value in expected.items():
        assert_close(told[name], value, rtol=RTOL)


def worth(sens, spec, prev):
    sens, spec, prev = map(Fraction, (sens, spec, prev))
    found, alarms = sens * prev, (1 - spec) * (1 - prev)
    return share(found, found + alarms) if found + alarms else None


def highest(y, s, min_sens):
    """Try every score."""
    ill = [score for label, score in zip(y.tolist(), s.tolist(), strict=True) if label]
    return max(t for t in s.tolist() if sum(score >= t for score in ill) / len(ill) >= min_sens)


def quantile(values, part):
    values = sorted(values)
    place = part * (len(values) - 1)
    low = min(int(place), len(values) - 1)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


def resampled(y, s, n, level, rng):
    """Return the interval and all resamples."""
    ill, healthy = ([place for place, label in enumerate(y.tolist()) if label == kind] for kind in (1, 0))
    seen = []
    for _ in range(n):
        i, j = (rng.integers(0, len(places), len(places)) for places in (ill, healthy))
        order = [*(ill[place] for place in i), *(healthy[place] for place in j)]
        seen.append((y[order], s[order]))
    values = [weight(*each) for each in seen]
    return (quantile(values, (1 - level) / 2), quantile(values, (1 + level) / 2)), seen


# ---- figures -------------------------------------------------------------------------------------


@points(3, group="figures", group_zh="指标")
@stated("screen")
@hint(en="Of whom is each figure a share?", zh="每个指标是谁当中的比例？")
@given(counts=st.tuples(COUNTS, COUNTS, COUNTS, COUNTS))
@settings(max_examples=40)
def test_figures_of_four_counts(solution, counts):
    for each in (counts, (90, 990, 10, 8910), (7, 2, 3, 11)):
        agree(solution.screen(*each), figures(*each))


@points(2, group="figures", group_zh="指标")
@stated("screen")
@hint(en="Which figures have nobody to count?", zh="哪些指标无人可数？")
def test_figures_that_are_undefined(solution):
    for number in range(16):
        counts = [(number >> bit & 1) * (bit + 2) for bit in range(4)]
        agree(solution.screen(*counts), figures(*counts))
        for place in range(4):
            wrong = [-1 if place == index else count for index, count in enumerate(counts)]
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.screen(*wrong)


@points(3, group="positive results", group_zh="阳性结果的价值")
@stated("ppv-at")
@contract("the definition itself, and that it never falls with the prevalence")
@hint(en="Out of a thousand people, how many are positive?", zh="一千人里有多少人呈阳性？")
@given(sens=st.floats(0.01, 1), spec=st.floats(0, 0.999), prev=st.floats(0.001, 0.999))
@settings(max_examples=25)
def test_worth_of_a_positive_result(solution, sens, spec, prev):
    told = solution.ppv_at(sens, spec, prev)
    assert_close(told, worth(sens, spec, prev), rtol=RTOL)
    for other in ((0.9, 0.9, 0.01), (0.99, 0.5, 0.3), (0.25, 0.75, 0.0), (1, 0, 1)):
        assert_close(solution.ppv_at(*other), worth(*other), rtol=RTOL)
    assert solution.ppv_at(sens, spec, min(1.0, prev * 1.001)) >= told * (1 - RTOL)


@points(1, group="positive results", group_zh="阳性结果的价值")
@stated("ppv-at")
@hint(en="When is nobody positive?", zh="什么时候无人呈阳性？")
def test_nobody_is_positive(solution):
    for sens in (0.0, 0.5, 1.0):
        for spec in (0.0, 0.5, 1.0):
            for prev in (0.0, 0.5, 1.0):
                assert_close(solution.ppv_at(sens, spec, prev), worth(sens, spec, prev))
    for place in range(3):
        for value in (-0.01, 1.01):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.ppv_at(*[value if place == index else 0.5 for index in range(3)])


# ---- the threshold -------------------------------------------------------------------------------


@points(3, group="threshold", group_zh="阈值")
@stated("threshold", "unchanged")
@hint(en="Who must be found, and who may set the threshold?", zh="必须找到谁？谁的分数可以作阈值？")
@given(seed=SEEDS, size=st.integers(1, 12))
@settings(max_examples=20)
def test_the_highest_threshold_that_finds_enough(solution, seed, size):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, size)
    y[rng.integers(size)] = 1
    for s in (rng.normal(size=size), rng.integers(-2, 3, size) / 4):
        for min_sens in (0.01, 1 / 3, 0.5, 0.6, 2 / 3, 0.9, 1.0):
            told, *after = solution.run(threshold_and_look, y, s, min_sens)
            assert_equal(told, highest(y, s, min_sens))
            assert_equal(after, [y, s])


@points(2, group="threshold", group_zh="阈值")
@stated("threshold")
@hint(en="What if a healthy person has the score in between?", zh="如果中间的分数属于健康者呢？")
def test_borders_of_the_threshold(solution):
    y, s = np.array([1, 0, 1, 0, 1, 1, 0, 1, 0]), np.array([5.0, 4.5, 4.0, 3.5, 3.0, 3.0, 2.5, 1.0, 0.5])
    for order in (np.arange(9), np.arange(9)[::-1]):
        for min_sens in (1e-9, 0.2, 0.2000001, 0.4, 0.5, 0.8, 0.81, 1.0, 1):
            assert_equal(solution.threshold_for(y[order], s[order], min_sens), highest(y, s, min_sens))
    for labels, min_sens in ((y, 0.0), (y, -0.1), (y, 1.01), (0 * y, 0.5), (y[:0], 0.5)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.threshold_for(labels, s[: len(labels)], min_sens)


# ---- intervals -----------------------------------------------------------------------------------


@points(4, group="intervals", group_zh="区间")
@stated("bootstrap", "unchanged")
@hint(
    en="What is drawn for each resample, and what is done with the values?", zh="每次重抽样抽取什么？如何处理得到的值？"
)
@given(seed=SEEDS, size=st.integers(3, 10))
@settings(max_examples=12)
def test_intervals_from_resamples(solution, seed, size):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat([1, 0, 0], size)[: size + 2])
    s = rng.normal(size=size + 2)
    for n, level in ((1, 0.5), (7, 0.8), (20, 0.95)):
        for classes in (y, y.astype(np.int8)):
            own = np.random.default_rng(seed)
            expected, resamples = resampled(classes, s, n, level, own)
            told, seen, following, after = solution.run(resample, classes, s, n, level, seed)
            assert_close(told, expected, rtol=RTOL)
            assert_equal(seen, resamples)
            assert following == own.integers(10**9)
            assert_equal(after, (classes, s))


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("bootstrap-errors")
@contract("all that is refused before anything is drawn; other checks draw")
@hint(en="Which intervals cannot be computed?", zh="哪些区间算不出来？")
def test_intervals_that_make_no_sense(solution):
    y, s = np.array([1, 0, 0, 1]), np.arange(4.0)
    untouched = int(np.random.default_rng(3).integers(10**9)), 0
    for classes, n, level in (
        (np.ones(4, dtype=np.int64), 5, 0.9),
        (np.zeros(4, dtype=np.int64), 5, 0.9),
        (y, 0, 0.9),
        (y, -1, 0.9),
        (y, 5, 0.0),
        (y, 5, 1.0),
        (y, 5, -0.5),
        (y, 5, 95),
    ):
        told = solution.run(draw_after_refusal, classes, s, n, level)
        assert told is not None, "not refused"
        assert (int(told[0]), told[1]) == untouched
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(resample, classes, s, n, level, 0)
    assert_close(solution.run(resample, y, s, 1, 0.5, 0)[0], resampled(y, s, 1, 0.5, np.random.default_rng(0))[0])
