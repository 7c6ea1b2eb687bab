"""Hidden checks of `smote`; new rows are made here one by one from an equal generator."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.lists(st.integers(2, 8), min_size=2, max_size=4)


# ---- inside the guest ----------------------------------------------------------------------------


def resample(submission, X, y, k, seed):
    """Tell the result, what the generator draws next, and the inputs after the result has been overwritten."""
    rng = np.random.default_rng(seed)
    rows, classes = submission.smote(X, y, k, rng)
    kept = rows.copy(), classes.copy()
    rows[...], classes[...] = 99, classes[-1:] if len(classes) else 0
    return kept, rng.integers(10**9), (X, y)


def split(submission, X, y, test_size, k, seed):
    """Tell the four arrays, what the generator draws next, and the inputs after the arrays have been overwritten."""
    rng = np.random.default_rng(seed)
    result = submission.split_then_resample(X, y, test_size, k, rng)
    kept = [array.copy() for array in result]
    for array in result:
        array[...] = array[-1:] if array.ndim == 1 else 99
    return kept, rng.integers(10**9), (X, y)


# ---- the oracle ----------------------------------------------------------------------------------


def neighbours(rows, number):
    """Return the numbers of all other rows, the nearest first."""
    far = [sum((p - q) ** 2 for p, q in zip(rows[number], other, strict=True)) for other in rows]
    return sorted((place for place in range(len(rows)) if place != number), key=lambda place: (far[place], place))


def balanced(X, y, k, rng):
    """Return rows and classes with the new ones, made one by one."""
    rows, classes = X.astype(np.float64).tolist(), y.tolist()
    largest = max(map(classes.count, classes), default=0)
    made, names = list(rows), list(classes)
    for name in sorted(set(classes)):
        own = [row for row, other in zip(rows, classes, strict=True) if other == name]
        lacking = largest - len(own)
        if not lacking:
            continue
        base = rng.integers(0, len(own), lacking)
        place = rng.integers(0, min(k, len(own) - 1), lacking)
        for one, other, u in zip(base, place, rng.random(lacking), strict=True):
            near = own[neighbours(own, one)[other]]
            made.append([a + float(u) * (b - a) for a, b in zip(own[one], near, strict=True)])
            names.append(name)
    return np.array(made).reshape(-1, X.shape[1]).astype(X.dtype), np.array(names, dtype=y.dtype)


def draw_rows(seed, sizes, width=3):
    """Draw rows of classes of these sizes, at interleaved places."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.permutation([-7, 0, 3, 40, 41])[: len(sizes)], sizes)
    labels = rng.permutation(labels)
    return rng.normal(labels[:, None] / 10, 1, size=(len(labels), width)), labels


def agree(solution, X, y, k, seed, rtol=None):
    """Check a resampling in all respects."""
    rng = np.random.default_rng(seed)
    expected = balanced(X, y, k, rng)
    result, following, inputs = solution.run(resample, X, y, k, seed)
    assert_close(result, expected, rtol=rtol)
    assert_equal(result[0][: len(X)], X)
    assert following == rng.integers(10**9)
    assert_equal(inputs, (X, y))


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="new rows", group_zh="新行")
@stated("balanced", "order", "draws", "neighbours")
@contract("the definition itself for any number of classes and neighbours")
@hint(en="In which order are classes, draws and neighbours taken?", zh="类别、抽取和近邻各按什么顺序？")
@given(seed=SEEDS, sizes=SIZES)
@settings(max_examples=20)
def test_rows_are_made_as_defined(solution, seed, sizes):
    X, y = draw_rows(seed, [*sizes, 9])
    for k in (1, 2, 3, 5, 100):
        agree(solution, X, y, k, seed)


@points(2, group="new rows", group_zh="新行")
@stated("draws", "neighbours", "balanced", "order")
@contract("the law that makes a row synthetic, without looking at the order of draws")
@hint(en="What do you know of a row between two rows?", zh="位于两行之间的一行有什么性质？")
@given(seed=SEEDS, few=st.integers(2, 6), k=st.integers(1, 4))
@settings(max_examples=15)
def test_each_new_row_lies_towards_a_near_row_of_its_class(solution, seed, few, k):
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=30), rng.normal(size=30), np.full(30, 0.1)])
    y = rng.permutation(np.repeat(["common", "rare"], [30 - few, few]))
    (rows, classes), _, _ = solution.run(resample, X, y, k, seed)
    assert_equal((rows[:30], classes[:30]), (X, y))
    assert classes[30:].tolist() == ["rare"] * (30 - 2 * few)
    assert (rows[30:, 2] == 0.1).all()
    own = X[y == "rare"].tolist()
    segments = [(a, own[place]) for number, a in enumerate(own) for place in neighbours(own, number)[:k]]
    for row in rows[30:].tolist():
        detours = [math.dist(a, row) + math.dist(row, b) - math.dist(a, b) for a, b in segments]
        assert min(detours) < 1e-9
    assert len(np.unique(rows[30:], axis=0)) == 30 - 2 * few


@points(2, group="neighbours", group_zh="近邻")
@stated("neighbours")
@hint(en="Which row is nearest to a row that stands twice?", zh="对于出现两次的行，哪一行离它最近？")
def test_ties_and_rows_that_stand_twice(solution):
    grid = np.array([[a, b] for a in (-1.0, 0.0, 1.0, 2.0) for b in (0.0, -1.0, 1.0, 0.0, 2.0)])
    twins = np.array([[5.0, 5.0], [0.0, 1.0], [5.0, 5.0], [0.0, 1.0], [0.0, 1.0], [6.0, 5.0]])
    for few in (grid, twins):
        X = np.concatenate([np.zeros((60, 2)), few])
        y = np.repeat([1, 0], [60, len(few)])
        for k in (1, 2, 3, 4, 50):
            agree(solution, X, y, k, seed=k)
            agree(solution, X[::-1], y[::-1], k, seed=k)


@points(2, group="neighbours", group_zh="近邻")
@stated("far-away", "neighbours", "draws")
@hint(en="What is left of 1e16 + 1 - 1e16?", zh="1e16 + 1 - 1e16 还剩什么？")
def test_rows_far_from_the_origin(solution):
    few = np.array([0.0, 1.0, 3.0, 7.0, 12.0, 20.0, 4.5])[:, None] * [1.0, -1.0] + 1e8
    X, y = np.concatenate([few, np.zeros((40, 2))]), np.repeat([0, 9], [7, 40])
    for k in (1, 2, 3):
        rng = np.random.default_rng(k)
        expected, _ = balanced(X, y, k, rng)
        (rows, _), _, _ = solution.run(resample, X, y, k, k)
        assert rows.shape == expected.shape
        assert_close(rows - np.where(rows > 1e7, 1e8, 0), expected - np.where(expected > 1e7, 1e8, 0), rtol=1e-6)


@points(1, group="new rows", group_zh="新行")
@stated("balanced", "draws", "far-away", "unchanged")
@hint(en="Which dtypes come back?", zh="返回的 dtype 是什么？")
def test_single_precision_and_small_integers(solution):
    X, y = draw_rows(5, [3, 9, 5])
    X = (X * 1000 + 1e4).astype(np.float32)
    for labels in (y.astype(np.int8), y.astype(np.uint8), y.astype(str)):
        for scale in (1, 1e22):
            agree(solution, X * np.float32(scale), labels, 2, seed=8, rtol=1e-6)


@points(1, group="corner cases", group_zh="边界情形")
@stated("nothing-to-do", "unchanged")
@hint(en="Who lacks rows?", zh="谁缺行？")
def test_nothing_to_do(solution):
    X = np.arange(8.0).reshape(4, 2)
    for size, classes in ((4, [1, 0, 0, 1]), (4, [3, 2, 1, 0]), (4, [5, 5, 5, 5]), (1, [2]), (0, [])):
        agree(solution, X[:size], np.array(classes, dtype=np.int64), 1, seed=size)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which rows have no neighbour?", zh="哪些行没有近邻？")
def test_what_cannot_be_resampled_is_refused(solution):
    X = np.arange(10.0).reshape(5, 2)
    for classes, k in (
        ([0, 0, 0, 1, 1], 0),
        ([0, 0, 0, 1, 1], -1),
        ([3, 3, 3, 3, 3], 0),
        ([0, 0, 1, 1], 1),
        ([0, 0, 1, 1, 1, 1], 1),
        ([0, 0, 0, 0, 1], 1),
        ([2, 1, 1, 0, 0], 3),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(resample, X, np.array(classes), k, 0)
    agree(solution, X, np.array([0, 0, 0, 1, 1]), 1, seed=0)


@points(4, group="training and test", group_zh="训练与测试")
@stated("split", "split-unchanged")
@hint(en="What comes first, the split or the new rows?", zh="先划分，还是先生成新行？")
@given(seed=SEEDS, test_size=st.integers(0, 14))
@settings(max_examples=10)
def test_the_test_set_is_split_off_first(solution, seed, test_size):
    X, y = draw_rows(seed, [12, 13, 19])
    for size in (test_size, 15):
        rng = np.random.default_rng(seed)
        order = rng.permutation(44)
        test, train = order[:size], order[size:]
        expected = [*balanced(X[train], y[train], 2, rng), X[test], y[test]]
        result, following, inputs = solution.run(split, X, y, size, 2, seed)
        assert_close(result, expected)
        assert following == rng.integers(10**9)
        assert_equal(inputs, (X, y))


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("split-errors", "split")
@hint(en="Can everything be in the test set?", zh="能把所有行都放进测试集吗？")
def test_splits_that_make_no_sense_are_refused(solution):
    X, y = np.arange(10.0).reshape(5, 2), np.ones(5, dtype=np.int64)
    for test_size in (-1, -4, 5, 6):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(split, X, y, test_size, 1, 0)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(split, X, np.array([0, 0, 0, 0, 1]), 0, 1, 0)
    order = np.random.default_rng(0).permutation(5)
    result, _, _ = solution.run(split, X, y, 4, 1, 0)
    assert_equal(result, [X[order[4:]], y[:1], X[order[:4]], y[:4]])
