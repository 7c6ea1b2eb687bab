"""Hidden checks of `error-slices`; every slice is looked at by itself, bounds are roots of their equation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
NAMES = ["b", "a", "Z", "é", "a1", "c"]


# ---- the oracle ----------------------------------------------------------------------------------


def lower_bound(errors, n, z):
    """The smaller root q of n * (p - q)**2 = z**2 * q * (1 - q)."""
    root = z * math.sqrt(z * z + 4 * errors * (n - errors) / n)
    return 2 * errors * errors / n / (2 * errors + z * z + root)


def expected(table, wrong, max_order, min_n, z):
    """All slices in order, found by looking at every row for every combination of values."""
    useful = sorted(name for name, column in table.items() if len(set(column.tolist())) > 1)
    found = []
    for order in range(1, max_order + 1):
        for names in itertools.combinations(useful, order):
            rows = list(zip(*(table[name].tolist() for name in names), strict=True))
            for values in set(rows):
                errors = sum(bool(flag) for row, flag in zip(rows, wrong.tolist(), strict=True) if row == values)
                if rows.count(values) >= min_n and errors:
                    where = tuple(zip(names, values, strict=True))
                    found.append((-lower_bound(errors, rows.count(values), z), -rows.count(values), where, errors))
    # equal counts have equal bounds
    found.sort(key=lambda each: (round(each[0], 12), *each[1:]))
    return [{"where": dict(where), "n": -n, "errors": errors, "bound": -bound} for bound, n, where, errors in found]


def agree(told, wanted):
    assert_equal([{**each, "bound": None} for each in told], [{**each, "bound": None} for each in wanted])
    for one, other in zip(told, wanted, strict=True):
        assert isinstance(one["bound"], float)
        assert abs(one["bound"] - other["bound"]) <= 1e-9


def draw(seed, n, features, values=3):
    rng = np.random.default_rng(seed)
    names = rng.permutation(NAMES)[:features].tolist()
    numbers = np.array([-(10**12), -1, 0, 5, 10**12])
    table = {name: numbers[rng.integers(0, values, size=n)] for name in names}
    return table, rng.random(n) < 0.4


def search_and_look(submission, table, wrong):
    return submission.worst_slices(table, wrong, 2, 1, 99), (table, wrong)


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="slices", group_zh="切片")
@stated("slices", "listed", "bound", "order", "result", "arguments", "unchanged")
@hint(en="Look at every combination of values of a small table.", zh="在一张小表上逐一查看所有取值组合。")
@given(seed=SEEDS, n=st.integers(0, 25), features=st.integers(0, 4))
@settings(max_examples=15, deadline=None)
def test_all_slices_in_order(solution, seed, n, features):
    table, wrong = draw(seed, n, features)
    for max_order, min_n in ((1, 1), (2, 1), (2, 3), (3, 2), (6, 1)):
        wanted = expected(table, wrong, max_order, min_n, 1.96)
        agree(solution.worst_slices(table, wrong, max_order, min_n, 10**6), wanted)
        agree(solution.worst_slices(table, wrong, max_order, min_n, 4), wanted[:4])
    assert_equal(solution.worst_slices(table, wrong, 2, 1, 0), [])
    told, after = solution.run(search_and_look, table, wrong)
    agree(told, expected(table, wrong, 2, 1, 1.96)[:99])
    assert_equal(after, (table, wrong))


@points(3, group="ranking", group_zh="排序")
@stated("bound", "order", "listed")
@hint(en="What is sure about three rows? And z = 0?", zh="三行数据能说明什么？z = 0 呢？")
@given(seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_bounds_of_large_and_small_slices(solution, seed):
    rng = np.random.default_rng(seed)
    sizes = [3, 3, 100, 40, 7, 1, 20, 20]
    errors = [3, 1, 60, 20, 7, 1, 0, int(rng.integers(1, 20))]
    column = np.repeat(np.arange(8), sizes)
    wrong = np.concatenate([np.arange(n) < e for n, e in zip(sizes, errors, strict=True)])
    order = rng.permutation(len(wrong))
    table = {"x": column[order], "y": np.zeros(len(wrong), dtype=np.int64)}
    for z in (0.0, 0.5, 1.96, 4.0):
        agree(solution.worst_slices(table, wrong[order], 2, 1, 99, z), expected(table, wrong[order], 2, 1, z))


@points(2, group="ranking", group_zh="排序")
@stated("order", "slices")
@contract("the order of equals, where nothing but names and values tells slices apart")
@hint(en="Compare tuples of names and values.", zh="比较由名称和取值组成的元组。")
def test_ties(solution):
    # all slices of one order have the same size and errors
    grid = np.array(list(itertools.product([-3, 2, 10], repeat=3)))
    for names in (("a", "b", "c"), ("b", "Z", "a"), ("a1", "a", "é")):
        table = dict(zip(names, grid.T.copy(), strict=True))
        for wrong in (np.ones(27, dtype=bool), grid.sum(axis=1) % 2 == 0):
            for max_order in (1, 2, 3):
                wanted = expected(table, wrong, max_order, 1, 1.96)
                agree(solution.worst_slices(table, wrong, max_order, 1, 200), wanted)
                agree(solution.worst_slices(table, wrong, max_order, 1, 5), wanted[:5])


@points(2, group="slices", group_zh="切片")
@stated("constant", "slices")
@hint(en="What does a feature tell that is the same everywhere?", zh="处处相同的特征能说明什么？")
@given(seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_constant_features_add_nothing(solution, seed):
    table, wrong = draw(seed, 20, 2)
    constant = {"c0": np.full(20, 7), **table, "0": np.full(20, -1)}
    wanted = expected(table, wrong, 2, 1, 1.96)
    agree(solution.worst_slices(constant, wrong, 2, 1, 10**6), wanted)
    same = {"only": np.full(20, 3)}
    assert_equal(solution.worst_slices(same, np.ones(20, dtype=bool), 1, 1, 5), [])
    # two features that say the same are two all the same
    twins = {**table, "twin": next(iter(table.values()))}
    agree(solution.worst_slices(twins, wrong, 2, 1, 10**6), expected(twins, wrong, 2, 1, 1.96))


@points(1, group="slices", group_zh="切片")
@stated("bound", "order")
@contract("what it is for: a planted bad slice comes first, in whatever order the rows come")
@hint(en="Does the order of rows matter?", zh="行的次序有关系吗？")
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_a_planted_slice_comes_first(solution, seed):
    rng = np.random.default_rng(seed)
    table = {name: rng.integers(0, 4, size=2000) for name in ("hour", "place", "lens")}
    planted = (table["hour"] == 2) & (table["lens"] == 1)
    wrong = rng.random(2000) < np.where(planted, 0.9, 0.1)
    order = rng.permutation(2000)
    shuffled = {name: column[order] for name, column in table.items()}
    first = solution.worst_slices(table, wrong, 2, 50, 3)
    assert_equal(first[0]["where"], {"hour": 2, "lens": 1})
    assert_equal(first[0]["n"], int(planted.sum()))
    assert_equal(solution.worst_slices(shuffled, wrong[order], 2, 50, 3), first)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which tables have no rows to speak of?", zh="什么样的表谈不上行？")
def test_what_is_no_table_is_refused(solution):
    table, wrong = draw(1, 6, 2)
    short = {**table, "short": np.arange(5)}
    deep = {**table, "deep": np.arange(6)[:, None]}
    calls = [
        (short, wrong, 1, 1, 5),
        (deep, wrong, 1, 1, 5),
        (table, wrong[:5], 1, 1, 5),
        (table, wrong[:, None], 1, 1, 5),
    ]
    calls += [(table, wrong.astype(np.int64), 1, 1, 5), (table, wrong * 1.0, 1, 1, 5), ({}, wrong * 1, 1, 1, 5)]
    calls += [(table, wrong, order, 1, 5) for order in (0, -1)] + [(table, wrong, 1, least, 5) for least in (0, -1)]
    calls += [(table, wrong, 1, 1, -1), (table, wrong, 1, 1, 5, -0.1), ({}, wrong[None], 1, 1, 5)]
    for arguments in calls:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.worst_slices(*arguments)


@performance(points=2, of="worst_slices", group="speed", group_zh="速度", at_least=2.0, times_faster_than="scans")
@stated("speed")
def many_rows(rng):
    table = {name: rng.integers(0, 24, size=1200) for name in ("a", "b", "c")}
    return (table, rng.random(1200) < 0.2, 2, 3, 10), {}
