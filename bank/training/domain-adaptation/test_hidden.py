"""Hidden checks of `domain-adaptation`; roots of matrices are found by iteration, kernels row by row."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, memory, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- the oracle ----------------------------------------------------------------------------------


def roots(matrix):
    """Return the square root and its inverse by the iteration of Denman and Beavers."""
    root, inverse = matrix, np.eye(len(matrix))
    for _ in range(60):
        root, inverse = (root + np.linalg.inv(inverse)) / 2, (inverse + np.linalg.inv(root)) / 2
    return root, inverse


def covariance(x):
    """Sum outer products row by row."""
    mean = x.mean(axis=0)
    return sum(np.outer(row - mean, row - mean) for row in x) / (len(x) - 1)


def expected_coral(source, target, eps):
    ridge = eps * np.eye(source.shape[1])
    inverse = roots(covariance(source) + ridge)[1]
    root = roots(covariance(target) + ridge)[0]
    return np.stack([root @ inverse @ (row - source.mean(axis=0)) + target.mean(axis=0) for row in source])


def expected_mmd2(x, y, gamma):
    def kernel(a, b):
        return math.exp(-gamma * sum((p - q) ** 2 for p, q in zip(a, b, strict=True)))

    x, y = x.tolist(), y.tolist()
    own = [
        math.fsum(kernel(a, b) for i, a in enumerate(rows) for j, b in enumerate(rows) if i < j)
        / math.comb(len(rows), 2)
        for rows in (x, y)
    ]
    return sum(own) - 2 * math.fsum(kernel(a, b) for a in x for b in y) / (len(x) * len(y))


def draw(seed, rows, columns):
    """Draw two domains that differ in number, mean, scale and correlation."""
    rng = np.random.default_rng(seed)
    source = rng.normal(size=(rows, columns)) @ (np.eye(columns) + 0.4 * rng.normal(size=(columns, columns))) + 3
    target = rng.normal(size=(rows + 7, columns)) @ rng.normal(size=(columns, columns)) - rng.normal(0, 4, columns)
    return source, target


def near(actual, expected, slack=1e-7):
    assert isinstance(actual, float)
    assert abs(actual - expected) <= slack


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="CORAL", group_zh="CORAL")
@stated("coral", "powers", "sizes", "tolerance", "arrays")
@hint(
    en="Which root of a matrix, which divisor, and which of the two comes first?",
    zh="取矩阵的哪种平方根？除数是多少？先用哪一个？",
)
@given(seed=SEEDS, columns=st.integers(1, 5))
@settings(max_examples=10, deadline=None)
def test_the_moved_source(solution, seed, columns):
    source, target = draw(seed, columns + 9, columns)
    for eps in (0.0, 0.3, 5.0):
        wanted = expected_coral(source, target, eps)
        assert_close(solution.coral(source, target, eps), wanted, rtol=1e-6 if eps == 0 else 1e-7)
    assert_close(solution.coral(source, target), expected_coral(source, target, 0.0), rtol=1e-6)


@points(2, group="CORAL", group_zh="CORAL")
@stated("singular", "coral")
@hint(en="Eigenvalues of 0 may come out slightly negative.", zh="为 0 的特征值算出来可能略小于零。")
@given(seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_covariances_without_an_inverse(solution, seed):
    rng = np.random.default_rng(seed)
    source, target = draw(seed, 20, 6)
    flat, few = target.copy(), target[:3]
    flat[:, 2] = -0.7
    flat[:, 4] = 2 * flat[:, 1]
    for goal in (flat, few, np.repeat(target[:1], 4, axis=0)):
        moved = solution.coral(source, goal, 0.0)
        assert_close(moved.mean(axis=0), goal.mean(axis=0), rtol=1e-7)
        slack = 1e-6 * max(1.0, float(np.abs(goal).max()) ** 2)
        assert (np.abs(covariance(moved) - covariance(goal)) <= slack).all()
    poor = np.concatenate([source, source[:, :1], rng.normal(size=(20, 1)) * 0 + 1], axis=1)
    goal = np.concatenate([target, target[:, :2] + 1], axis=1)
    assert_close(solution.coral(poor, goal, 0.5), expected_coral(poor, goal, 0.5), rtol=1e-7)


@points(1, group="CORAL", group_zh="CORAL")
@stated("coral")
@contract("what adaptation is good for: a classifier of the moved source serves the target")
@hint(en="Does a line that parts the moved source part the target?", zh="把移动后的源分开的直线，能分开目标吗？")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_a_classifier_serves_the_other_domain(solution, seed):
    rng = np.random.default_rng(seed)
    labels = np.arange(300) % 2
    plain = rng.normal(0, 0.4, (300, 2)) + np.outer(2 * labels - 1, [1.0, 0.0])
    # symmetric, so that the root undoes it up to the shape of the classes
    bent = plain @ np.array([[1.0, 0.9], [0.9, 2.0]]) + [7.0, -3.0]
    moved = solution.coral(plain, bent)

    def right(features):
        middle = [features[labels == label].mean(axis=0) for label in (0, 1)]
        near_one = ((bent - middle[1]) ** 2).sum(axis=1) < ((bent - middle[0]) ** 2).sum(axis=1)
        return float((near_one == labels).mean())

    assert right(moved) > 0.8 > right(plain)


@points(4, group="MMD", group_zh="MMD")
@stated("mmd", "negative", "tolerance")
@hint(en="Does a row meet itself? Can the result be negative?", zh="一行会和它自己配对吗？结果可以为负吗？")
@given(seed=SEEDS, rows=st.integers(2, 9), columns=st.integers(1, 4), gamma=st.floats(0.05, 3))
@settings(max_examples=20, deadline=None)
def test_the_discrepancy(solution, seed, rows, columns, gamma):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(rows, columns)), rng.normal(0.3, 1.5, size=(rows + 3, columns))
    for one, other in ((x, y), (y, x), (x, x), (x, x + 0.1)):
        near(solution.mmd2(one, other, gamma), expected_mmd2(one, other, gamma))


@points(2, group="MMD", group_zh="MMD")
@stated("shift", "mmd")
@hint(en="What is (1e6)**2 + 1 - (1e6)**2 in float64, and what of 1e12?", zh="大数的平方相减，还剩几位有效数字？")
@given(seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_far_from_the_origin(solution, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(7, 3)), rng.normal(0.5, 1.0, size=(9, 3))
    wanted = expected_mmd2(x, y, 1.5)
    for far in (np.array([1e6, -1e6, 1e6]), np.array([3e5, 0.0, -9e5])):
        near(solution.mmd2(x + far, y + far, 1.5), wanted, 1e-6)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    near(solution.mmd2(x @ turn, y @ turn, 1.5), wanted)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(
    en="Which samples have no covariance, and which pairs no distance?", zh="哪些样本没有协方差？哪些行之间没有距离？"
)
def test_what_cannot_be_compared_is_refused(solution):
    good = np.array([[0.0, 1.0], [2.0, 0.5], [1.0, 4.0]])
    pairs = [(good[:1], good), (good, good[:1]), (good[:0], good), (good, good[:0]), (good[:, :1], good)]
    pairs += [(good, good[:, :1]), (good[:, 0], good), (good, good[:, 0]), (good[0], good[0])]
    pairs += [(good[None], good), (good[None], good[None])]
    for x, y in pairs:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.coral(x, y, 0.5)
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.mmd2(x, y, 0.5)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.coral(good, good, -1e-9)
    for gamma in (0.0, -1.0):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.mmd2(good, good, gamma)


def move_and_look(submission, source, target):
    return submission.coral(source, target, 0.5), submission.mmd2(source, target, 0.5), source, target


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution, rng):
    source, target = draw(int(rng.integers(2**32)), 8, 3)
    moved, distance, *after = solution.run(move_and_look, source, target)
    assert_close(moved, expected_coral(source, target, 0.5), rtol=1e-7)
    near(distance, expected_mmd2(source, target, 0.5))
    assert_equal(after, [source, target])


@memory(points=2, of="mmd2", group="memory", group_zh="内存", at_most=0.5, times_of="pairs_at_once")
@stated("memory")
def many_rows(rng):
    return (rng.normal(size=(900, 24)), rng.normal(size=(900, 24)), 0.02), {}
