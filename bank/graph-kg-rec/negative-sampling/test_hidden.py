"""Hidden checks of `negative-sampling`; expectations come from the table cell by cell, and from counting draws."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- the oracle ----------------------------------------------------------------------------------


def check_table(table, weights):
    """Add up, cell by cell, how often each item comes out."""
    prob, alias = table
    n = len(weights)
    assert (prob.dtype, alias.dtype, prob.shape, alias.shape) == (np.float64, np.int64, (n,), (n,))
    assert (prob >= 0).all()
    assert (prob <= 1).all()
    assert (alias >= 0).all()
    assert (alias < n).all()
    shares = [[] for _ in range(n)]
    for i, (own, other) in enumerate(zip(prob.tolist(), alias.tolist(), strict=True)):
        shares[i].append(own / n)
        shares[other].append((1 - own) / n)
    scaled = (weights / weights.max()).tolist()
    total = math.fsum(scaled)
    for i, weight in enumerate(scaled):
        assert abs(math.fsum(shares[i]) - weight / total) <= 1e-12
        if weights[i] == 0:
            assert prob[i] == 0
            assert i not in alias


def expected_items(prob, alias, u):
    n, items = len(prob), []
    for number in u.tolist():
        cell = int(number * n)
        items.append(cell if number * n - cell < prob[cell] else int(alias[cell]))
    return np.array(items, dtype=np.int64)


def expect_shares(items, weights, draws):
    """Compare counts with shares by chi-square; a right sampler fails once in a billion."""
    assert items.dtype == np.int64
    assert items.shape == (draws,)
    counts = np.bincount(items, minlength=len(weights))
    assert len(counts) == len(weights)
    drawn = np.array(weights) > 0
    assert counts[~drawn].sum() == 0
    wanted = np.array(weights)[drawn] / sum(weights) * draws
    freedom = len(wanted) - 1
    statistic = float(((counts[drawn] - wanted) ** 2 / wanted).sum())
    # the cube root of chi-square is nearly normal
    limit = freedom * (1 - 2 / (9 * freedom) + 6.5 * math.sqrt(2 / (9 * freedom))) ** 3 if freedom else 1e-9
    assert statistic <= limit


def sample(module, counts, power, seed, calls):
    """Make one sampler; return what it answers to each call, and what is left of the arguments."""
    sampler = module.NegSampler(counts, power, seed)
    return [sampler.sample(positives, k) for positives, k in calls], counts, calls


def draw_weights(rng, n):
    """Draw weights over many magnitudes, some of them 0."""
    weights = 10.0 ** rng.uniform(-6, 3, size=n) * (rng.random(n) < 0.7)
    weights[rng.integers(n)] = 1.5
    return weights


# ---- the table -----------------------------------------------------------------------------------


@points(4, group="alias table", group_zh="别名表")
@stated("table", "cells", "shares", "zero-weights")
@contract("the definition itself: every item comes out with its share")
@hint(en="How often does each item come out of all cells together?", zh="所有格子合在一起，每个物品出现多少？")
@given(seed=SEEDS, n=st.integers(1, 12))
@settings(max_examples=25)
def test_every_item_has_its_share(solution, seed, n):
    weights = draw_weights(np.random.default_rng(seed), n)
    check_table(solution.alias_table(weights), weights)


@points(2, group="alias table", group_zh="别名表")
@stated("zero-weights", "shares", "cells", "table")
@hint(en="What is left over when rounding has eaten the last excess?", zh="舍入误差吃掉最后一点多余时，还剩下什么？")
def test_tables_that_are_hard_on_rounding(solution, rng):
    tables = [[1.0], [7.0, 0.0], [0.0, 0.1], [1.0, 1.0, 1.0], [0.1] * 10, [1.0] + [0.0] * 9, [0.0] * 9 + [3.0]]
    tables += [
        [0.1] * 7 + [0.0] * 5,
        [0.0] * 6 + [0.3, 0.3, 0.1],
        [1e-150, 1e150],
        [1e308, 7e307, 0.0, 9e307],
        [5e-324, 0.0, 5e-324],
        [1e16, 1.0, 0.0],
    ]
    tables += [rng.random(1000) * (rng.random(1000) < share) + np.eye(1000)[3] for share in (0.05, 0.5, 0.95)]
    tables += [1.0 / np.arange(1, 3000) ** 1.5, np.full(1000, 1 / 3), rng.permuted(2.0 ** -np.arange(60))]
    for weights in tables:
        check_table(solution.alias_table(np.array(weights)), np.array(weights))


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("table-errors")
@hint(en="Which weights make no distribution?", zh="哪些权重构不成分布？")
def test_weights_that_make_no_distribution_are_refused(solution):
    wrong = [
        [],
        [0.0],
        [0.0, 0.0, 0.0],
        [1.0, -0.5],
        [1.0, math.nan],
        [math.inf, 1.0],
        [[1.0, 2.0]],
        3.0,
        [-1.0],
        [-math.inf, 1],
    ]
    for weights in wrong:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.alias_table(np.array(weights))


# ---- draws ---------------------------------------------------------------------------------------


@points(3, group="draws", group_zh="抽取")
@stated("draw")
@contract("the definition of a draw, on any table")
@hint(en="Which cell is it, and how far into the cell?", zh="是哪个格子？在格子里走了多远？")
@given(seed=SEEDS, n=st.integers(1, 9))
@settings(max_examples=20)
def test_numbers_become_items(solution, seed, n):
    rng = np.random.default_rng(seed)
    prob, alias = rng.random(n), rng.integers(0, n, size=n)
    prob[rng.integers(n)] = rng.integers(2)
    for u in (rng.random(30), np.arange(4 * n) / (4 * n), np.zeros(0)):
        assert_equal(solution.draw(prob, alias, u), expected_items(prob, alias, u))


@points(2, group="draws", group_zh="抽取")
@stated("draw")
@contract("rounding at both ends of the range, and numbers exactly at a border")
@hint(en="What is the largest number below 1, times 3?", zh="小于 1 的最大的数乘以 3 是多少？")
def test_numbers_at_the_borders(solution):
    last = np.nextafter(1.0, 0.0)
    for n in (1, 2, 3, 5, 6, 7, 10, 11, 1000, 4097):
        u = np.array([0.0, last, np.nextafter(last, 0), 0.5, 0.25, 1e-300])
        for own in (0.0, 0.25, 0.5, 1.0):
            prob, alias = np.full(n, own), np.arange(n)[::-1].copy()
            assert_equal(solution.draw(prob, alias, u), expected_items(prob, alias, u))


@performance(points=2, of="draw", group="speed", group_zh="速度", at_least=5.0, times_faster_than="one_by_one")
@stated("speed")
def many_draws(rng):
    return (rng.random(500), rng.integers(0, 500, size=500), rng.random(40000)), {}


# ---- the sampler ---------------------------------------------------------------------------------


@points(4, group="sampler", group_zh="采样器")
@stated("weights", "sample", "positives")
@hint(
    en="What is the power taken of, and what does leaving out do to the others?",
    zh="幂是对什么取的？去掉一些物品后，其余的会怎样？",
)
def test_items_are_drawn_by_their_weights(solution, rng):
    counts = np.array([1000, 0, 1, 30, 200, 5, 0, 30])
    for power in (0.0, 0.5, 0.75, 1.0):
        weights = [float(count) ** power if count else 0.0 for count in counts.tolist()]
        for positives in (set(), {2, 6}, {0, 1}, {0, 4, 3}, {3, 4, 7}, {0, 4, 3, 7, 5}):
            left = [0.0 if item in positives else weight for item, weight in enumerate(weights)]
            [items], _, _ = solution.run(sample, counts, power, int(rng.integers(2**32)), [(positives, 20000)])
            expect_shares(items, left, 20000)
    few, _, _ = solution.run(sample, counts, 1.0, int(rng.integers(2**32)), [({2, 6}, 5)] * 1000)
    expect_shares(np.concatenate(few), [1000.0, 0, 0, 30, 200, 5, 0, 30], 5000)


@points(3, group="positives", group_zh="正样本")
@stated("positives", "ends", "sample")
@hint(en="How often must you try if only one rare item is left?", zh="如果只剩一个罕见的物品，你要试多少次？")
def test_the_last_item_is_found(solution, rng):
    counts = rng.integers(1, 10**6, size=3000)
    counts[1234] = 1
    everything = set(range(3000))
    calls = [
        (everything - {1234}, 4),
        (everything - {1234}, 3000),
        (everything - {7, 8}, 50),
        ({5}, 0),
        (everything - {9}, 0),
    ]
    answers, _, _ = solution.run(sample, counts, 1.0, int(rng.integers(2**32)), calls)
    assert_equal(answers[:2], [np.full(4, 1234), np.full(3000, 1234)])
    assert set(answers[2].tolist()) <= {7, 8}
    assert_equal(answers[3:], [np.zeros(0, dtype=np.int64)] * 2)


@points(2, group="positives", group_zh="正样本")
@stated("positives", "weights", "sample")
@contract("the promise of the name: positives and items that do not occur never come, whatever the set")
@hint(en="Does an item that never occurs have a chance?", zh="从未出现的物品有机会被抽到吗？")
@given(seed=SEEDS, n=st.integers(2, 30), power=st.sampled_from([0.0, 0.75, 1.0]))
@settings(max_examples=15)
def test_neither_positives_nor_unseen_items_come(solution, seed, n, power):
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 50, size=n) * rng.integers(0, 2, size=n)
    counts[rng.integers(n)] = 3
    there = set(np.flatnonzero(counts).tolist())
    calls = []
    for share in (0.2, 0.5, 0.9):
        positives = set(np.flatnonzero(rng.random(n) < share).tolist()) - {min(there)}
        calls.append((positives, 40))
    answers, _, _ = solution.run(sample, counts, power, seed, calls)
    for (positives, _), items in zip(calls, answers, strict=True):
        assert items.shape == (40,)
        assert set(items.tolist()) <= there - positives


@points(2, group="sampler", group_zh="采样器")
@stated("seed", "inputs", "sample")
@hint(en="Where does chance come from, and when does it begin?", zh="随机性从哪里来？从什么时候开始？")
def test_the_seed_decides(solution, rng):
    counts = rng.integers(1, 100, size=400)
    seed = int(rng.integers(2**31))
    calls = [({1, 2}, 30), ({1, 2}, 30), (set(range(390)), 30), (set(), 0), (set(range(390)), 30)]
    first, after, left = solution.run(sample, counts, 0.75, seed, calls)
    again, _, _ = solution.run(sample, counts, 0.75, seed, calls)
    other, _, _ = solution.run(sample, counts, 0.75, seed + 1, calls)
    assert_equal(again, first)
    for one, two in ((first[0], first[1]), (first[2], first[4]), (first[0], other[0]), (first[2], other[2])):
        assert (one != two).any()
    assert_equal((after, left), (counts, calls))


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("sampler-errors", "sample-errors")
@hint(en="When is there nothing to draw?", zh="什么时候没有可抽的？")
def test_nothing_to_draw_is_an_error(solution):
    for counts in ([0, 0], [3, -1], [-1], []):
        for power in (0.0, 0.75, 1.0):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.run(sample, np.array(counts, dtype=np.int64), power, 1, [])
    counts = np.array([4, 0, 9, 1])
    for power in (0.0, 0.75):
        for call in (({0, 2, 3}, 1), ({0, 1, 2, 3}, 5), ({0, 2, 3}, 0), (set(), -1), ({0}, -3), ({0, 2}, -1)):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.run(sample, counts, power, 1, [call])


def make_and_look(module, weights, u):
    """Make a table and draw; return both, and what is left of the arguments."""
    prob, alias = module.alias_table(weights)
    kept = prob.copy(), alias.copy()
    return kept, module.draw(prob, alias, u), (prob, alias), (weights, u)


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs", "draw")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_arguments_stay_as_they_are(solution, rng):
    weights, u = draw_weights(rng, 9), rng.random(20)
    table, items, later, after = solution.run(make_and_look, weights, u)
    check_table(table, weights)
    assert_equal(items, expected_items(*table, u))
    assert_equal(later, table)
    assert_equal(after, (weights, u))
