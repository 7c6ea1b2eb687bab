"""Hidden checks of `imputation`; expectations come from plain loops over lists and exact fractions."""

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

NAN = np.nan
SEEDS = st.integers(0, 2**32 - 1)
STRATEGIES = ("mean", "median", "most_frequent")


# ---- inside the guest ----------------------------------------------------------------------------


def fill(submission, strategy, train, *others):
    """Fill several tables; tell the results, and all tables after the results have been overwritten."""
    imputer = submission.Imputer(strategy)
    assert imputer.fit(train) is imputer
    results = [imputer.transform(table) for table in others]
    kept = [result.copy() for result in results]
    for result in results:
        result[...] = -77
    return kept, [train, *others]


def fill_objects(submission, strategy, train, *others):
    """Fill tables of objects, which travel as lists."""
    train, *others = (np.array(rows, dtype=object).reshape(len(rows), -1) for rows in (train, *others))
    kept, tables = fill(submission, strategy, train, *others)
    assert submission.Imputer(strategy).fit(train).transform(train[:0]).shape == train[:0].shape
    return [(str(table.dtype), table.tolist()) for table in kept], [table.tolist() for table in tables]


def fit_objects(submission, strategy):
    submission.Imputer(strategy).fit(np.array([[3, 1], [None, 2]], dtype=object))


def fit_twice(submission, strategy, first, second, table):
    imputer = submission.Imputer(strategy)
    return imputer.fit(first).fit(second).transform(table)


def fill_by_neighbours(submission, known, table, numbers):
    """Fill with several numbers of neighbours; tell the tables after the results have been overwritten."""
    kept = []
    for k in numbers:
        result = submission.knn_fill(known, table, k)
        kept.append(result.copy())
        result[...] = -77
    return kept, known, table


# ---- the oracle ----------------------------------------------------------------------------------


def lacks(value):
    return value is None or (isinstance(value, float) and math.isnan(value))


def exact_mean(values):
    return float(sum(map(Fraction, values)) / len(values))


def statistic(strategy, values):
    """Return the value for the gaps of one column."""
    values = sorted(value for value in values if not lacks(value))
    if not values:
        return 0
    if strategy == "mean":
        return exact_mean(values)
    if strategy == "median":
        return exact_mean([values[(len(values) - 1) // 2], values[len(values) // 2]])
    counts = Counter(values)
    return min(value for value in values if counts[value] == max(counts.values()))


def completed(strategy, train, rows):
    """Return rows with the gaps filled, from a training table with at least one row."""
    fills = [statistic(strategy, column) for column in zip(*train, strict=True)]
    return [[fill if lacks(value) else value for value, fill in zip(row, fills, strict=True)] for row in rows]


def distance(one, other):
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if not lacks(a) and not lacks(b)]
    return math.sqrt(len(one) / len(pairs) * sum((a - b) ** 2 for a, b in pairs)) if pairs else math.inf


def from_neighbours(known, row, column, k):
    near = [(distance(row, other), place) for place, other in enumerate(known) if not lacks(other[column])]
    donors = [place for far, place in sorted(near) if far < math.inf][:k] or [place for _, place in near]
    return exact_mean([known[place][column] for place in donors]) if donors else 0.0


def completed_by_neighbours(known, table, k):
    known, rows = known.tolist(), table.tolist()
    cells = [
        [from_neighbours(known, row, place, k) if lacks(value) else value for place, value in enumerate(row)]
        for row in rows
    ]
    return np.array(cells).reshape(table.shape)


def draw_table(rng, rows, columns, gaps=0.4, kinds=None):
    """Draw a table with gaps; `kinds` limits the number of different values."""
    table = rng.normal(5, 10, size=(rows, columns)) if kinds is None else rng.integers(-kinds, 0, (rows, columns)) / 4
    table[rng.random(table.shape) < gaps] = NAN
    return table


# ---- statistics of columns -----------------------------------------------------------------------


@points(3, group="statistics", group_zh="统计量")
@stated("mean-median", "most-frequent", "fit", "transform", "unchanged", "no-leak")
@contract("the definition itself on drawn tables, for every strategy")
@hint(en="Which values make the statistic, and of which table?", zh="统计量由哪张表的哪些值算出？")
@given(seed=SEEDS, rows=st.integers(3, 9))
@settings(max_examples=12)
def test_gaps_get_the_statistic_of_the_training_column(solution, seed, rows):
    rng = np.random.default_rng(seed)
    for strategy in STRATEGIES:
        train, table = draw_table(rng, rows, 4, kinds=4), draw_table(rng, 5, 4)
        expected = [np.array(completed(strategy, train.tolist(), each.tolist())) for each in (train, table)]
        results, tables = solution.run(fill, strategy, train, train, table)
        for result, wanted, before in zip(results, expected, (train, table), strict=True):
            assert_close(result, wanted)
            assert_equal(result[~np.isnan(before)], before[~np.isnan(before)])
        assert_equal(tables, [train, train, table])


@points(2, group="statistics", group_zh="统计量")
@stated("mean-median", "transform")
@hint(en="Which dtype is computed in, and which is returned?", zh="用什么 dtype 计算？返回什么 dtype？")
def test_single_precision(solution):
    column = [3e5, 0.1, 0.1, -3e5, 5.0, 0.7]
    train = np.array([[value, 7 * value] for value in column], dtype=np.float32)
    gaps = np.array([[NAN, 0.1], [0.3, NAN]])
    for strategy in STRATEGIES:
        for dtype in (np.float32, np.float64):
            expected = np.array(completed(strategy, train.tolist(), gaps.astype(dtype).tolist()), dtype=dtype)
            (result,), _ = solution.run(fill, strategy, train, gaps.astype(dtype))
            assert_close(result, expected, rtol=1e-6 if dtype is np.float32 else 1e-10)


@points(2, group="statistics", group_zh="统计量")
@stated("missing", "transform", "unchanged")
@hint(en="Can an integer be NaN?", zh="整数可能是 NaN 吗？")
def test_integers_stay_integers(solution):
    train = np.array([[123456789011, 4], [123456789323, 9], [123456789323, 4], [-5, 11]])
    gaps = np.array([[NAN, 1.0], [2.0, NAN]])
    for strategy in STRATEGIES:
        expected = np.array(completed(strategy, train.tolist(), gaps.tolist()))
        (same, result), tables = solution.run(fill, strategy, train, train, gaps)
        assert_equal(same, train)
        assert_close(result, expected)
        assert_equal(tables, [train, train, gaps])


@points(2, group="statistics", group_zh="统计量")
@stated("missing", "most-frequent", "transform", "unchanged")
@hint(en="How do you find a None, or a NaN, among strings?", zh="如何在字符串中找到 None 或 NaN？")
def test_words_and_numbers_in_one_table(solution):
    train = [
        ["pear", 3, None],
        ["fig", 2.5, None],
        [None, float("nan"), float("nan")],
        ["pear", None, None],
        ["fig", 2.5, None],
        [float("nan"), 3, None],
        ["quince", 10, None],
    ]
    table = [[None, float("nan"), "x"], ["", 0, None], [float("nan"), None, NAN]]
    (result, again), tables = solution.run(fill_objects, "most_frequent", train, table, train)
    assert_equal(result, ("object", completed("most_frequent", train, table)))
    assert_equal(again, ("object", completed("most_frequent", train, train)))
    assert_equal(tables, [train, table, train])


@points(2, group="corner cases", group_zh="边界情形")
@stated("all-missing", "transform", "no-leak")
@contract("the corner itself in each strategy and dtype; elsewhere it comes up by chance")
@hint(en="What is the mean of nothing?", zh="空集的平均是什么？")
def test_columns_without_values_get_zero(solution):
    table = np.array([[NAN, 2.0, NAN], [NAN, NAN, 6.0], [5.0, 1.0, 4.0]])
    for strategy in STRATEGIES:
        for train in (table[:2], table[:1], table[:0]):
            if len(train):
                expected = np.array(completed(strategy, train.tolist(), table.tolist()))
            else:
                expected = np.nan_to_num(table)
            (result, none), _ = solution.run(fill, strategy, train, table, table[:0])
            assert_close(result, expected)
            assert_equal(none, table[:0])
    (result,), _ = solution.run(fill_objects, "most_frequent", [[None], [None]], [[None], ["a"]])
    assert_equal(result, ("object", [[0], ["a"]]))


@points(1, group="corner cases", group_zh="边界情形")
@stated("fit", "all-missing")
@hint(en="Does anything of an earlier table remain?", zh="先前表格的东西还有残留吗？")
def test_the_last_fit_counts(solution):
    first = np.array([[1.0, 2.0, 50.0], [3.0, 4.0, 50.0]])
    second = np.array([[10.0, NAN], [20.0, NAN], [20.0, NAN]])
    gaps = np.full((1, 2), NAN)
    for strategy in STRATEGIES:
        expected = np.array(completed(strategy, second.tolist(), gaps.tolist()), dtype=np.float64)
        assert_close(solution.run(fit_twice, strategy, first, second, gaps), expected)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("strategy", "fit-errors", "transform-errors")
@hint(en="Which tables do not fit?", zh="哪些表格不合要求？")
def test_what_does_not_fit_is_refused(solution):
    for strategy in ("", "mode", "MEAN", "constant"):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.Imputer(strategy)
    for strategy in ("mean", "median"):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(fit_objects, strategy)
    for strategy in STRATEGIES:
        imputer = solution.Imputer(strategy)
        with pytest.raises(RuntimeError):
            imputer.transform(np.ones((2, 2)))
        for shape in ((3,), (2, 2, 2), ()):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                imputer.fit(np.ones(shape))
        imputer.fit(np.ones((2, 3)))
        for shape in ((3,), (2, 2), (2, 4), (2, 1), (1, 3, 3)):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                imputer.transform(np.ones(shape))
        assert_equal(imputer.transform(np.ones((1, 3))), np.ones((1, 3)))


# ---- neighbours ----------------------------------------------------------------------------------


@points(4, group="neighbours", group_zh="近邻")
@stated("knn", "distance", "donors", "filled-not-used")
@hint(
    en="Between rows with gaps, how do you make distances over different columns comparable?",
    zh="行中有空缺时，如何让建立在不同列上的距离可比？",
)
@given(seed=SEEDS, rows=st.integers(4, 9))
@settings(max_examples=12)
def test_gaps_get_the_mean_of_the_nearest_donors(solution, seed, rows):
    rng = np.random.default_rng(seed)
    known, table = draw_table(rng, rows, 5), draw_table(rng, 4, 5)
    numbers = [1, 2, 3, rows, 50]
    results, *tables = solution.run(fill_by_neighbours, known, table, numbers)
    assert_close(results, [completed_by_neighbours(known, table, k) for k in numbers])
    assert_equal(tables, [known, table])
    assert_close(solution.knn_fill(known, known, 2), completed_by_neighbours(known, known, 2))


@points(2, group="neighbours", group_zh="近邻")
@stated("donors")
@hint(en="Who is nearer of two that are equally far?", zh="两行一样远时，谁更近？")
def test_of_equally_distant_donors_the_earlier_counts(solution):
    values = np.random.default_rng(3).permutation(60.0 + np.arange(40))
    known = np.column_stack([np.tile([2.0, -2.0, 1.0, -1.0], 10), np.zeros(40), values])
    gap = np.array([[0.0, 0.0, NAN]])
    for k in (1, 2, 5, 21, 30):
        assert_close(solution.knn_fill(known, gap, k), completed_by_neighbours(known, gap, k))


@points(2, group="neighbours", group_zh="近邻")
@stated("no-donors", "donors")
@contract("the corner itself, which drawn tables reach by chance only")
@hint(
    en="What if no row has a distance, or none has a value there?", zh="没有一行有距离，或没有一行在该处有值，怎么办？"
)
def test_cells_without_donors(solution):
    known = np.array([[NAN, 4.0, NAN], [NAN, 6.0, NAN], [3.0, NAN, NAN], [NAN, 20.0, NAN]])
    table = np.array([[NAN, NAN, NAN], [1.0, NAN, 5.0], [NAN, 7.0, NAN], [NAN, NAN, 2.0]])
    for k in (1, 2, 9):
        for rows in (table, table[:0]):
            assert_close(solution.knn_fill(known, rows, k), completed_by_neighbours(known, rows, k))
        assert_close(solution.knn_fill(known[:0], table, k), np.nan_to_num(table))


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("knn-errors")
@hint(en="Which numbers of neighbours make no mean?", zh="多少个近邻求不出平均？")
def test_neighbours_that_make_no_sense_are_refused(solution):
    for width, k in ((2, 0), (2, -1), (3, 1), (1, 1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.knn_fill(np.ones((4, 2)), np.ones((3, width)), k)
    assert_equal(solution.knn_fill(np.ones((4, 2)), np.array([[NAN, 5.0]]), 1), np.array([[1.0, 5.0]]))
