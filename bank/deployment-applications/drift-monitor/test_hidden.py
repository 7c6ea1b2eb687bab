"""Hidden checks of `drift-monitor`; values are counted one by one, and the distribution is taken in its other form."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
INF, NAN = math.inf, math.nan
FLOOR = 0.0001  # variant: floor


# ---- inside the guest ----------------------------------------------------------------------------


def watch(submission, high, low, hold, values):
    """Tell what an alarm says to each value, and which it refuses."""
    alert = submission.Alert(high, low, hold)
    told = []
    for value in values:
        try:
            told.append(alert.update(value))
        except ValueError:
            told.append("refused")
    return told


def compare_and_look(submission, ref, cur):
    return submission.psi(ref, cur, 3), submission.ks(ref, cur), ref, cur


# ---- the oracle ----------------------------------------------------------------------------------


def expected_psi(ref, cur, bins):
    """Count the cut points below each value."""
    ordered = sorted(ref.tolist())
    cuts = [ordered[math.ceil(Fraction(k * len(ordered), bins)) - 1] for k in range(1, bins)]
    shares = []
    for sample in (ref.tolist(), cur.tolist()):
        places = [sum(cut < value for cut in cuts) for value in sample]
        shares.append([max(places.count(place) / len(places), FLOOR) for place in range(bins)])
    return math.fsum((q - p) * math.log(q / p) for p, q in zip(*shares, strict=True))


def expected_ks(ref, cur):
    """Compare the two shares at each value."""
    one, other = ref.tolist(), cur.tolist()
    values = {*one, *other}
    gaps = [
        Fraction(sum(a <= v for a in one), len(one)) - Fraction(sum(b <= v for b in other), len(other)) for v in values
    ]
    distance = float(max(map(abs, gaps)))
    return distance, tail(distance * math.sqrt(len(one) * len(other) / (len(one) + len(other))))


def tail(x):
    """Return Kolmogorov's Q; where x is small, by the series of theta's other form."""
    if x == 0:
        return 1.0
    if x > 1:
        return 2 * math.fsum((-1) ** (j - 1) * math.exp(-2 * (j * x) ** 2) for j in range(1, 30))
    powers = [math.exp(-((2 * j - 1) ** 2) * math.pi**2 / (8 * x * x)) for j in range(1, 30)]
    return 1 - math.sqrt(2 * math.pi) / x * math.fsum(powers)


def expected_alarm(high, low, hold, values):
    """Look back over the last values for each of them."""
    told, heard, on = [], [], False
    for value in values:
        if math.isnan(value):
            told.append("refused")
            continue
        heard.append(value)
        last = heard[-hold:]
        if len(last) == hold and all(each >= high for each in last):
            on = True
        elif len(last) == hold and all(each < low for each in last):
            on = False
        told.append(on)
    return told


def agree_psi(solution, ref, cur, bins):
    assert_close(solution.psi(ref, cur, bins), expected_psi(ref, cur, bins), rtol=1e-9, atol=1e-12)


def agree_ks(solution, ref, cur):
    told, (distance, p) = solution.ks(ref, cur), expected_ks(ref, cur)
    assert isinstance(told, tuple)
    assert len(told) == 2
    assert_close(told[0], distance, rtol=1e-9, atol=1e-12)
    assert_close(told[1], p, rtol=1e-9)


def agree_alarm(solution, high, low, hold, values):
    assert_equal(solution.run(watch, high, low, hold, values), expected_alarm(high, low, hold, values))


# ---- the index -----------------------------------------------------------------------------------


@points(4, group="stability index", group_zh="稳定性指数")
@stated("psi", "cuts", "bins", "tolerance")
@contract("the definition itself on skewed samples of unequal size")
@hint(en="Whose quantiles are the cut points?", zh="分割点是谁的分位数？")
@given(seed=SEEDS)
@settings(max_examples=15)
def test_bins_come_from_the_reference(solution, seed):
    rng = np.random.default_rng(seed)
    for size, bins in ((40, 4), (23, 2), (25, 5), (50, 10), (16, 16), (37, 8)):
        ref, cur = np.exp(rng.normal(0, 2, size=size)), np.exp(rng.normal(0.5, 2, size=31))
        agree_psi(solution, ref, cur, bins)


@points(3, group="stability index", group_zh="稳定性指数")
@stated("psi", "cuts", "bins", "floor")
@contract("equal values, constants and more bins than values, each of which leaves bins empty")
@hint(en="On which side of a cut point does an equal value lie?", zh="与分割点相等的值落在哪一边？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_many_equal_values(solution, seed):
    rng = np.random.default_rng(seed)
    for bins in (2, 3, 5, 9, 40):
        agree_psi(solution, rng.integers(0, 6, size=30) / 2, rng.integers(-2, 8, size=22) / 2, bins)
    constant = np.full(7, 1.5)
    for cur in (constant[:4], np.array([1.5, 1.0, 2.0]), np.array([9.0, 8.0]), np.array([-4.0]), np.array([INF, -INF])):
        agree_psi(solution, constant, cur, 3)
        agree_psi(solution, cur, constant, 4)
    assert_equal(solution.psi(constant, constant[:4], 5), 0.0)


@points(3, group="stability index", group_zh="稳定性指数")
@stated("floor", "bins")
@hint(en="Which shares are too small, and of which sample?", zh="哪些占比太小？是哪个样本的？")
def test_shares_that_are_too_small(solution):
    ref = np.array([5.0, 1.0, 4.0, 2.0, 3.0, 6.0])
    for cur in ([7.0, 9.0, 8.5], [-1.0], [2.5, 2.5], [1.0, 6.0], [INF, 3.0, -INF]):
        agree_psi(solution, ref, np.array(cur), 3)
    for few in (1, 2, 3):
        rare = np.repeat([1.0, 2.0], [round(2 / FLOOR), few])
        agree_psi(solution, rare, ref, 2)
        agree_psi(solution, np.array([1.0, 3.0]), rare, 2)


# ---- the test ------------------------------------------------------------------------------------


@points(4, group="Kolmogorov-Smirnov", group_zh="Kolmogorov-Smirnov")
@stated("ks", "p-value", "tolerance")
@contract("the definition itself, without and with equal values")
@hint(en="At which values can the distance be largest?", zh="距离在哪些值处可能最大？")
@given(seed=SEEDS)
@settings(max_examples=15)
def test_the_distance_and_its_p_value(solution, seed):
    rng = np.random.default_rng(seed)
    for n, m in ((1, 1), (1, 4), (9, 5), (20, 31), (12, 12)):
        ref, cur = rng.normal(size=n), rng.normal(0.3, 1.5, size=m)
        agree_ks(solution, ref, cur)
        agree_ks(solution, np.round(ref), np.round(cur))
        agree_ks(solution, cur, np.concatenate([cur, ref, cur]))


@points(3, group="Kolmogorov-Smirnov", group_zh="Kolmogorov-Smirnov")
@stated("p-value", "ks")
@hint(en="How many terms does the series need when x is small?", zh="x 很小时，级数需要多少项？")
def test_samples_very_alike_and_very_unlike(solution):
    zeros, ones = np.zeros(400), np.ones(300)
    for few in (0, 1, 2, 9, 30, 100, 299):
        agree_ks(solution, zeros, np.concatenate([zeros[few:], ones[:few]]))
    agree_ks(solution, zeros, ones)
    agree_ks(solution, ones, ones[:7])
    agree_ks(solution, np.repeat([0.0, 1.0], 1000), np.repeat([0.0, 1.0], [1000, 1001]))
    agree_ks(solution, np.arange(60.0), np.arange(60.0) + 0.5)


# ---- both ----------------------------------------------------------------------------------------


@points(2, group="laws", group_zh="规律")
@stated("psi", "ks", "bins")
@contract("only the order of values matters, so that units and scales do not")
@hint(en="Does it matter whether a feature or its logarithm is watched?", zh="监测一个特征还是它的对数，有区别吗？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_rising_transforms_and_order_change_nothing(solution, seed):
    rng = np.random.default_rng(seed)
    ref, cur = rng.integers(-20, 20, size=33) / 4, rng.integers(-12, 25, size=24) / 4
    index, (distance, p) = expected_psi(ref, cur, 5), expected_ks(ref, cur)
    for rise in (np.exp, lambda v: v**3 - 1e6, lambda v: 2 * v + 7, lambda v: v):
        one, other = rng.permutation(rise(ref)), rng.permutation(rise(cur))
        assert_close(solution.psi(one, other, 5), index, rtol=1e-9, atol=1e-12)
        for told in (solution.ks(one, other), solution.ks(other, one)):
            assert_close(told, (distance, p), rtol=1e-9)


@points(2, group="samples", group_zh="样本")
@stated("samples")
@hint(en="Where would a float64 be rounded to float32?", zh="float64 会在哪里被舍入成 float32？")
def test_dtypes_and_infinity(solution):
    near = np.array([1.0 + 1e-9, 1.0 - 1e-9, 1.0, 2.0, 1.0 + 2e-9, 0.5])
    coarse = np.array([1.0, 2.0, 0.5, 1.0, 3.0], dtype=np.float32)
    wild = np.array([INF, 1.0, -INF, 0.0, INF], dtype=np.float32)
    for ref, cur in ((near, coarse), (coarse, near), (coarse, coarse[1:]), (wild, near), (coarse, wild), (wild, wild)):
        for bins in (2, 3, 5):
            agree_psi(solution, ref, cur, bins)
        agree_ks(solution, ref, cur)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("samples", "psi-errors")
@contract("every sample that is refused, by both functions")
@hint(en="Which arrays are no samples?", zh="哪些数组不是样本？")
def test_what_is_no_sample_is_refused(solution):
    good = np.array([1.0, 2.0, 0.5])
    bad = [good[:0], good[:, None], good[None], np.array(1.0), np.array([1.0, NAN]), np.full(3, NAN), np.zeros((2, 0))]
    pairs = [pair for each in bad for pair in ((good, each), (each, good))] + [(bad[0], bad[0])]
    for pair in pairs:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.psi(*pair, 2)
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.ks(*pair)
    for bins in (1, 0, -1, -3):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.psi(good, good, bins)


@points(1, group="samples", group_zh="样本")
@stated("samples", "psi", "ks")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution):
    ref, cur = np.array([3.0, INF, -2.0, 7.0, 0.0]), np.array([4.0, -1.0, 9.0])
    index, test, *samples = solution.run(compare_and_look, ref, cur)
    assert_close(index, expected_psi(ref, cur, 3), rtol=1e-9)
    assert_close(test, expected_ks(ref, cur), rtol=1e-9)
    assert_equal(samples, [ref, cur])


# ---- the alarm -----------------------------------------------------------------------------------


@points(4, group="the alarm", group_zh="报警器")
@stated("alert")
@contract("drawn series, for the cases nobody thought of")
@hint(en="Which values count, while the alarm is off, and while it is on?", zh="报警关着时哪些值计数，开着时呢？")
@given(values=st.lists(st.sampled_from([0, 0, 1, 1, 2, 3, 3, 4, 4]), min_size=40, max_size=60))
@settings(max_examples=20)
def test_any_series_of_values(solution, values):
    for high, low, hold in ((3.0, 1.0, 1), (3.0, 1.0, 2), (2.5, 1.5, 3), (2.0, 2.0, 2), (4.0, 0.5, 1)):
        agree_alarm(solution, high, low, hold, values)


@points(2, group="the alarm", group_zh="报警器")
@stated("alert", "nan")
@contract("the ends of the band and the row each time, which drawn series reach by chance")
@hint(en="What does a value within the band do to a row?", zh="区间内的一个值对连续计数有什么影响？")
def test_the_band_and_the_row(solution):
    for hold in (1, 2, 3):
        for pause in (2.0, 3.0, 1.0, 0.0, 9.0, NAN):
            rise, fall = [3.0] * (hold - 1), [0.9] * (hold - 1)
            series = [*rise, pause, *rise, 3.0, 3.0, *fall, pause, *fall, 0.9, 2.9, 1.0, *rise, INF, *fall, -INF]
            agree_alarm(solution, 3.0, 1.0, hold, series)
    agree_alarm(solution, 0.0, 0.0, 1, [-0.1, 0.0, -1.0, 5.0])
    agree_alarm(solution, INF, -INF, 1, [1e300, INF, -1e300, -INF])


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("alert-errors", "nan")
@hint(en="Every comparison with NaN is false.", zh="与 NaN 的任何比较都为假。")
def test_settings_that_are_refused(solution):
    for high, low, hold in ((1.0, 2.0, 1), (2.0, 1.0, 0), (2.0, 1.0, -1), (NAN, 1.0, 2), (1.0, NAN, 2), (NAN, NAN, 1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.Alert(high, low, hold)
    agree_alarm(solution, 2.0, 1.0, 2, [3.0, NAN, 2.0, NAN, 0.5, NAN, NAN, 0.0, 7.0])


@performance(
    points=2, of="ks", group="speed", group_zh="速度", at_least=4.0, times_faster_than="counted_for_each_value"
)
@stated("speed")
def a_thousand_values(rng):
    return (rng.normal(size=1000), rng.normal(0.1, 1, size=1000)), {}
