"""Hidden checks of `robust-aggregation`; expectations come from sorted lists and exact sums, number by number."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, memory, points, stated

SEEDS = st.integers(0, 2**32 - 1)


def expected_mean(updates, k):
    """Sort each column, NaN last, and add up what is left without rounding."""
    columns = updates.T.tolist()
    kept = [sorted(column, key=lambda v: (v != v, v))[k : len(updates) - k] for column in columns]
    means = [math.fsum(column) / len(column) for column in kept]
    return np.array(means, dtype=np.float64).astype(updates.dtype)


def squared_distance(one, other):
    if not all(map(math.isfinite, (*one, *other))):
        return math.inf
    return math.fsum((a - b) * (a - b) for a, b in zip(one, other, strict=True))


def expected_choice(updates, f):
    """Score each client, one neighbour after the other."""
    rows = updates.tolist()
    scores = []
    for i, row in enumerate(rows):
        others = sorted(squared_distance(row, other) for j, other in enumerate(rows) if j != i)
        scores.append(sum(others[: len(rows) - f - 2]))
    return scores.index(min(scores))


def with_bad_rows(rng, good, bad, junk):
    """Put bad rows at random places among good ones."""
    rows = np.concatenate([good, np.full((bad, good.shape[1]), junk)])
    return rows[rng.permutation(len(rows))]


@points(3, group="trimmed mean", group_zh="截尾平均")
@stated("trimmed", "tolerance")
@contract("the definition itself on plain numbers; the checks of its corner cases would leave it unsaid")
@hint(en="How many numbers are left, and by what are they divided?", zh="剩下多少个数？除以多少？")
@given(seed=SEEDS, count=st.integers(1, 11), width=st.integers(0, 4), share=st.floats(0, 1))
@settings(max_examples=25)
def test_the_mean_of_what_is_left(solution, seed, count, width, share):
    k = int(share * ((count - 1) // 2) + 0.5)
    updates = np.random.default_rng(seed).normal(2, 5, size=(count, width))
    assert_close(solution.trimmed_mean(updates, k), expected_mean(updates, k))


@points(2, group="trimmed mean", group_zh="截尾平均")
@stated("equal-numbers", "trimmed")
@hint(en="What if the smallest number occurs several times?", zh="最小的数出现好几次时怎么办？")
@given(seed=SEEDS, count=st.integers(3, 9))
@settings(max_examples=15)
def test_of_equal_numbers_only_as_many_as_needed_are_left_out(solution, seed, count):
    updates = np.random.default_rng(seed).integers(0, 3, size=(count, 6)).astype(np.float64)
    for k in range((count + 1) // 2):
        assert_close(solution.trimmed_mean(updates, k), expected_mean(updates, k))


@points(3, group="bad clients", group_zh="恶意客户端")
@stated("attackers", "trimmed")
@hint(
    en="Where does sorting put NaN? What may be left of a bad row?", zh="排序会把 NaN 放在哪里？坏的行还可能剩下什么？"
)
@given(seed=SEEDS, k=st.integers(1, 3))
@settings(max_examples=5)
def test_bad_rows_cannot_pull_the_mean_out_of_the_good_ones(solution, seed, k):
    rng = np.random.default_rng(seed)
    good = rng.normal(size=(k + 2, 3))
    for junk in (math.nan, math.inf, -math.inf, 1e300):
        updates = with_bad_rows(rng, good, k, junk)
        result = solution.trimmed_mean(updates, k)
        assert_close(result, expected_mean(updates, k))
        assert (result >= good.min(axis=0) - 1e-9).all()
        assert (result <= good.max(axis=0) + 1e-9).all()


@points(2, group="precision", group_zh="精度")
@stated("updates", "trimmed", "tolerance")
@hint(en="In which precision do you add up, and in which do you return?", zh="累加时用什么精度？返回时又是什么精度？")
@given(seed=SEEDS)
@settings(max_examples=6)
def test_single_precision_is_added_up_in_float64_and_kept(solution, seed):
    rng = np.random.default_rng(seed)
    huge = (rng.uniform(1, 9, size=5) * 1e8).astype(np.float32)
    updates = np.stack([huge, rng.uniform(1, 9, size=5).astype(np.float32), -huge, 2 * huge, -2 * huge])
    for k in (0, 1):
        assert_close(solution.trimmed_mean(updates, k), expected_mean(updates, k), rtol=1e-6)


@points(4, group="Krum", group_zh="Krum")
@stated("krum", "updates")
@contract("the definition itself on plain numbers, in both dtypes")
@hint(en="How many neighbours count, and is a client its own neighbour?", zh="算几个邻居？自己算不算自己的邻居？")
@given(seed=SEEDS, f=st.integers(0, 2), more=st.integers(0, 3), double=st.booleans())
@settings(max_examples=30)
def test_the_client_with_the_nearest_neighbours(solution, seed, f, more, double):
    rng = np.random.default_rng(seed)
    count = max(2 * f + 3 + more, 4)
    updates = rng.normal(size=(count, 3)) * rng.choice([0.3, 1.0, 3.0], size=(count, 1))
    updates = updates.astype(np.float64 if double else np.float32)
    assert_equal(solution.krum(updates, f), expected_choice(updates, f))


@points(2, group="Krum", group_zh="Krum")
@stated("ties", "krum", "updates")
@hint(en="Who is chosen among equals?", zh="得分相等时选谁？")
@given(seed=SEEDS, f=st.integers(0, 2))
@settings(max_examples=20)
def test_of_equal_scores_the_first_is_chosen(solution, seed, f):
    updates = np.random.default_rng(seed).integers(0, 2, size=(2 * f + 4, 2)).astype(np.float64)
    for rows in (updates, np.repeat(updates[:3], f + 1, axis=0)):
        assert_equal(solution.krum(rows, f), expected_choice(rows, f))
    assert_equal(solution.krum(np.ones((2 * f + 3, 0)), f), 0)


@points(3, group="bad clients", group_zh="恶意客户端")
@stated("krum-attackers")
@hint(
    en="What is infinity minus infinity, and where does argmin find the least?",
    zh="无穷大减无穷大等于多少？argmin 会把什么当作最小？",
)
@given(
    seed=SEEDS,
    f=st.integers(1, 3),
    junk=st.sampled_from([math.nan, math.inf, -math.inf, 1e300, 1e160, -1e30]),
    whole=st.booleans(),
)
@settings(max_examples=24)
def test_bad_rows_are_not_chosen(solution, seed, f, junk, whole):
    rng = np.random.default_rng(seed)
    good = rng.normal(size=(f + 3, 3))
    bad = np.full((f, 3), junk)
    if not whole:
        bad[:, 1:] = good[0, 1:]
    updates = np.concatenate([good, bad])[rng.permutation(2 * f + 3)]
    assert_equal(solution.krum(updates, f), expected_choice(updates, f))


@points(2, group="precision", group_zh="精度")
@stated("precision", "updates")
@hint(en="What is left of 1e16 + 1 - 1e16 in your formula?", zh="在你的公式里，1e16 + 1 - 1e16 还剩下什么？")
@given(seed=SEEDS)
@settings(max_examples=12)
def test_rows_far_from_the_origin_or_each_other_are_told_apart(solution, seed):
    rng = np.random.default_rng(seed)
    far = 1e8 * rng.choice([-1, 1], size=4) + rng.normal(size=(7, 4))
    wide = (1e25 * rng.normal(size=(7, 4))).astype(np.float32)
    for updates in (far, wide):
        assert_equal(solution.krum(updates, 1), expected_choice(updates, 1))


@points(1, group="bad clients", group_zh="恶意客户端")
@stated("trimmed", "krum")
@contract("a law of both: it is the same whoever stands where, and wherever the origin lies")
@hint(en="Does the order of the clients matter?", zh="客户端的先后次序有影响吗？")
@given(seed=SEEDS, f=st.integers(0, 2))
@settings(max_examples=10)
def test_order_and_origin_mean_nothing(solution, seed, f):
    rng = np.random.default_rng(seed)
    updates = rng.normal(size=(2 * f + 4, 3))
    order, shift = rng.permutation(len(updates)), rng.normal(size=3)
    mean, choice = solution.trimmed_mean(updates, f), solution.krum(updates, f)
    assert_close(solution.trimmed_mean(updates[order] + shift, f), mean + shift)
    assert order[solution.krum(updates[order] + shift, f)] == choice


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("trimmed-errors", "krum-errors")
@hint(en="How many good clients does each rule need?", zh="每种规则需要多少正常的客户端？")
def test_too_few_clients_are_refused(solution):
    rows = np.arange(12.0).reshape(6, 2)
    for count, k in ((6, 3), (6, 4), (5, 3), (1, 1), (0, 0), (6, -1), (2, 1), (1, -1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.trimmed_mean(rows[:count], k)
    for count, f in ((6, 2), (6, 3), (5, 2), (4, 1), (2, 0), (1, 0), (0, 0), (6, -1), (1, -1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.krum(rows[:count], f)
    for misshapen in (rows[:, 0], rows.reshape(6, 2, 1)):
        for function in (solution.trimmed_mean, solution.krum):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                function(misshapen, 0)


def merge_and_look(module, updates):
    """Call both; return what shows that they did something, and the rows afterwards."""
    return len(module.trimmed_mean(updates, 1)), module.krum(updates, 1), updates


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("updates")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_rows_stay_as_they_are(solution, rng):
    for dtype in (np.float64, np.float32):
        updates = rng.normal(size=(6, 3)).astype(dtype)
        updates[2, 1] = np.nan
        width, choice, after = solution.run(merge_and_look, updates)
        assert width == 3
        assert choice != 2
        assert_equal(after, updates)


@memory(points=2, of="krum", group="memory", group_zh="内存", at_most=0.25, times_of="all_pairs_at_once")
@stated("memory")
def many_clients(rng):
    return (rng.normal(size=(60, 700)), 5), {}
