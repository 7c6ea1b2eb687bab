"""Hidden checks of `ab-test`; tails by integration, quantiles by bisection, permutations by an equal generator."""

import functools
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
STATISTICS = ("means", "medians", "spread")


# ---- inside the guest ----------------------------------------------------------------------------


def difference(name, a, b):
    if name == "means":
        return a.mean() - b.mean()
    if name == "medians":
        return np.median(a) - np.median(b)
    return a.max() - a.min() - (b.max() - b.min())


def permute(submission, name, a, b, n, seed, spoil):
    """Tell the p-value, on what the statistic was asked, what the generator draws next, and the arguments."""
    asked, rng = [], np.random.default_rng(seed)

    def stat(x, y):
        asked.append((x.copy(), y.copy()))
        value = difference(name, x, y)
        if spoil:
            x[...] = y[...] = 0.0
        return value

    return submission.permutation_p(a, b, stat, n, rng), asked, rng.random(), (a, b)


def permute_only(submission, a, b, n, seed):
    return submission.permutation_p(a, b, lambda x, y: difference("means", x, y), n, np.random.default_rng(seed))


def all_outcomes(submission, n, rate):
    """Tell how often equal arms are told apart at the level of 5 percent, and how many p-values there are."""
    chance = [math.comb(n, c) * rate**c * (1 - rate) ** (n - c) for c in range(n + 1)]
    told = [(c1, c2, submission.z_test(c1, n, c2, n)[1]) for c1 in range(n + 1) for c2 in range(n + 1)]
    return sum(chance[c1] * chance[c2] for c1, c2, p in told if p < 0.05), len({round(p, 9) for _, _, p in told})


# ---- the oracle ----------------------------------------------------------------------------------


def tail(z):
    """The probability above z: by a continued fraction where it is small, by a series where it is not."""
    if z < 3:
        term, total, k = z, z, 0
        while abs(term) > 1e-18:
            k += 1
            term *= -z * z / (2 * k)
            total += term / (2 * k + 1)
        return 0.5 - total / math.sqrt(2 * math.pi)
    fraction = z
    for k in range(150, 0, -1):
        fraction = z + k / fraction
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / fraction


@functools.lru_cache
def quantile(share):
    if share < 0.5:
        return -quantile(1 - share)
    low, high = 0.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(middle) > 1 - share else (low, middle)
    return low


def expected_z(c1, n1, c2, n2):
    hits, n = c1 + c2, n1 + n2
    if hits in (0, n):
        return 0.0, 1.0
    # whole numbers as long as possible
    z = (c2 * n1 - c1 * n2) / math.sqrt(hits * (n - hits) * n1 * n2 / n)
    return z, 2 * tail(abs(z))


def expected_ci(c1, n1, c2, n2, alpha):
    middle = (c2 * n1 - c1 * n2) / (n1 * n2)
    half = quantile(1 - alpha / 2) * math.sqrt(c1 * (n1 - c1) / n1**3 + c2 * (n2 - c2) / n2**3)
    return middle - half, middle + half


def expected_size(p, mde, alpha, power):
    s = p + mde
    m = (p + s) / 2
    root = quantile(1 - alpha / 2) * math.sqrt(2 * m * (1 - m)) + quantile(power) * math.sqrt(p * (1 - p) + s * (1 - s))
    return (root / mde) ** 2


def near(told, wanted, scale=0.0):
    assert isinstance(told, float)
    assert abs(told - wanted) <= 1e-9 * max(abs(wanted), scale)


def draw_arms(seed, largest=3000):
    rng = np.random.default_rng(seed)
    n1, n2 = (int(n) for n in rng.integers(1, largest, size=2))
    return int(rng.integers(0, n1 + 1)), n1, int(rng.integers(0, n2 + 1)), n2


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="the test", group_zh="检验")
@stated("z-test", "tail", "arms", "tolerance")
@contract("the definition of the test on plain counts")
@hint(en="Pooled or not, one side or both, which sign?", zh="合并与否？单侧还是双侧？什么符号？")
@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_z_and_p(solution, seed):
    one = draw_arms(seed)
    near_tie = (one[0], one[1], min(one[3], one[0] * one[3] // one[1] + 1), one[3])
    for arms in (one, one[2:] + one[:2], near_tie):
        z, p = solution.z_test(*arms)
        wanted_z, wanted_p = expected_z(*arms)
        near(z, wanted_z, 1e-3)
        # below 1e-300 floats lose their digits one by one
        assert abs(p - wanted_p) <= 1e-7 * wanted_p + 1e-250
        assert 0 <= p <= 1


@points(2, group="the test", group_zh="检验")
@stated("tail", "arms", "z-test")
@contract("counts at the ends of what may occur: tiny tails, a thousand million users, one of four")
@hint(en="What is 1 minus a number that has rounded to 1?", zh="1 减去一个已经舍入成 1 的数，得到什么？")
def test_tails_and_crowds(solution):
    for arms in (
        (100, 1000, 400, 1000),
        (480, 1000, 20, 1000),
        (10, 900, 890, 900),
        (500_000_000, 10**9, 500_400_000, 10**9),
        (7, 10**9, 90, 10**9),
        (0, 50, 9, 50),
        (999_999_000, 10**9, 3, 4),
    ):
        z, p = solution.z_test(*arms)
        wanted_z, wanted_p = expected_z(*arms)
        near(z, wanted_z)
        assert abs(p - wanted_p) <= 1e-8 * wanted_p


@points(1, group="the test", group_zh="检验")
@stated("nothing", "z-test", "interval")
@hint(en="What is zero divided by zero?", zh="零除以零是什么？")
def test_nothing_happens(solution):
    for n1, n2 in ((1, 1), (10, 30), (10**9, 7)):
        for arms in ((0, n1, 0, n2), (n1, n1, n2, n2)):
            assert_equal(solution.z_test(*arms), (0.0, 1.0))
            assert_equal(solution.diff_ci(*arms), (0.0, 0.0))
    near(solution.z_test(0, 3, 5, 5)[0], expected_z(0, 3, 5, 5)[0])


@points(3, group="the interval", group_zh="置信区间")
@stated("interval", "arms", "tolerance")
@hint(en="Which standard error, and which quantile?", zh="哪个标准误？哪个分位数？")
@given(seed=SEEDS, alpha=st.floats(0.001, 0.9))
@settings(max_examples=15, deadline=None)
def test_intervals(solution, seed, alpha):
    for arms in (draw_arms(seed), draw_arms(seed, 8), (0, 2, 2, 2), (1, 2, 1, 3)):
        for told, level in ((solution.diff_ci(*arms), 0.05), (solution.diff_ci(*arms, alpha), alpha)):
            wanted = expected_ci(*arms, level)
            for one, other in zip(told, wanted, strict=True):
                near(one, other, max(abs(end) for end in wanted))


@points(3, group="sample size", group_zh="样本量")
@stated("sample-size", "tolerance")
@hint(en="Rounded which way? And for a falling rate?", zh="向哪个方向取整？比率下降时呢？")
@given(p=st.floats(0.05, 0.95), share=st.floats(0.05, 0.9), alpha=st.floats(0.01, 0.3), power=st.floats(0.4, 0.99))
@settings(max_examples=20, deadline=None)
def test_sample_sizes(solution, p, share, alpha, power):
    for mde in (share * (1 - p), -share * p):
        for rule, levels in (((), (0.05, 0.8)), ((alpha,), (alpha, 0.8)), ((alpha, power), (alpha, power))):
            told = solution.sample_size(p, mde, *rule)
            size = expected_size(p, mde, *levels)
            assert isinstance(told, int)
            assert told in {math.ceil(size * (1 - 1e-7)), math.ceil(size * (1 + 1e-7))}


@points(4, group="permutations", group_zh="置换")
@stated("permutation", "calls")
@hint(
    en="Repeat the draws with an equal generator. Does the data itself count?",
    zh="用相同的生成器重复抽取。数据本身算一次吗？",
)
@given(seed=SEEDS, n=st.integers(1, 12))
@settings(max_examples=7, deadline=None)
def test_permutations(solution, seed, n):
    rng = np.random.default_rng(seed)
    for name, a, b in (
        ("means", rng.integers(0, 4, size=4) / 1.0, rng.integers(0, 4, size=3) + 0.5),
        ("medians", rng.normal(size=5), rng.normal(1, 1, size=6)),
        ("spread", rng.normal(size=3), rng.normal(0, 3, size=4)),
        ("means", np.array([0.1, 0.2, 0.3]), np.array([0.3, 0.1, 0.2])),
    ):
        for spoil in (False, True):
            told, asked, after, arguments = solution.run(permute, name, a, b, n, seed, spoil)
            own, pooled = np.random.default_rng(seed), np.concatenate([a, b])
            pairs = [np.split(pooled[own.permutation(len(pooled))], [len(a)]) for _ in range(n)]
            assert_equal(asked, [(a, b), *(tuple(pair) for pair in pairs)])
            observed = abs(difference(name, a, b))
            far = sum(abs(difference(name, *pair)) >= observed * (1 - 1e-9) for pair in pairs)
            near(told, (1 + far) / (1 + n))
            assert_equal((after, arguments), (own.random(), (a, b)))


@points(1, group="permutations", group_zh="置换")
@stated("permutation")
@hint(en="Is a mean the same in every order of its values?", zh="同样几个数换一个次序求平均，结果完全相同吗？")
def test_rounding_decides_nothing(solution, rng):
    # in this order the means are farther apart by rounding than in most others
    a, b, seed = np.array([0.1, 0.3, 1.1]), np.array([0.2, 1.3]), int(rng.integers(2**32))
    own, pooled = np.random.default_rng(seed), [2, 6, 22, 4, 26]
    orders = [own.permutation(5).tolist() for _ in range(300)]
    parts = [sum(pooled[i] for i in order[:3]) for order in orders]
    # six times the difference of the means, times twenty: in whole numbers
    far = sum(abs(2 * part - 3 * (60 - part)) >= abs(2 * 30 - 3 * 30) for part in parts)
    near(solution.run(permute_only, a, b, 300, seed), (1 + far) / 301)


@points(1, group="permutations", group_zh="置换")
@stated("permutation")
@contract("what a permutation test estimates: the share among all ways to part the values")
@hint(en="Count all ways to part ten values.", zh="数一数把十个值分成两组的所有方式。")
@given(seed=SEEDS)
@settings(max_examples=3, deadline=None)
def test_permutations_come_near_to_all_ways(solution, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=5), rng.normal(1, 1, size=5)
    pooled = np.concatenate([a, b])
    parts = [pooled[list(rows)].sum() for rows in itertools.combinations(range(10), 5)]
    share = np.mean([abs(2 * part - pooled.sum()) >= abs(a.sum() - b.sum()) - 1e-9 for part in parts])
    told = solution.run(permute_only, a, b, 2000, seed)
    assert abs(told - share) <= 0.06


@points(1, group="the test", group_zh="检验")
@stated("z-test")
@contract("what the level means: equal arms are told apart about one time in twenty")
@hint(en="How often does your test cry wolf?", zh="你的检验有多少次误报？")
def test_false_alarms(solution):
    alarms, different = solution.run(all_outcomes, 40, 0.4)
    assert 0.03 <= alarms <= 0.07
    assert different > 100


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which numbers make no experiment?", zh="什么样的数构不成实验？")
def test_what_makes_no_experiment_is_refused(solution):
    for arms in (
        (0, 0, 1, 2),
        (1, 2, 0, 0),
        (-1, 5, 2, 5),
        (2, 5, -1, 5),
        (6, 5, 2, 5),
        (2, 5, 6, 5),
        (0, -1, 2, 5),
        (2, 5, 0, -3),
    ):
        for function in (solution.z_test, solution.diff_ci):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                function(*arms)
    for level in (0.0, 1.0, -0.1, 1.5):
        for call, arguments in (
            (solution.diff_ci, (1, 5, 2, 5, level)),
            (solution.sample_size, (0.4, 0.1, level)),
            (solution.sample_size, (0.4, 0.1, 0.05, level)),
        ):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                call(*arguments)
    for p, mde in (
        (0.0, 0.1),
        (1.0, -0.1),
        (0.5, 0.5),
        (0.5, -0.5),
        (0.4, 0.0),
        (-0.1, 0.3),
        (1.2, -0.5),
        (0.5, 0.75),
        (0.25, -0.5),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.sample_size(p, mde)
    one = np.ones(2)
    for a, b, n in ((one[:0], one, 5), (one, one[:0], 5), (one, one, 0), (one, one, -1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(permute, "means", a, b, n, 0, False)
