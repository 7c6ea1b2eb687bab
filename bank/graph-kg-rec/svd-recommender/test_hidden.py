"""Hidden checks of `svd-recommender`; tables are made out of known singular vectors, scores by Python's own floats."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, memory, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- the oracle ----------------------------------------------------------------------------------


def known_table(rng, users, items, values):
    """Return the parts of a table, one for each singular value, from the largest to the smallest."""
    left, right = (np.linalg.qr(rng.normal(size=(count, len(values))))[0] for count in (users, items))
    return [value * np.outer(left[:, i], right[:, i]) for i, value in enumerate(values)]


def draw_values(rng, count):
    """Draw singular values that are well apart."""
    return np.cumprod(rng.uniform(0.5, 0.85, size=count)) * 40


def expected_items(U, V, seen, user, n):
    scores = [math.fsum(u * v for u, v in zip(U[user].tolist(), row, strict=True)) for row in V.tolist()]
    left = [item for item in range(len(V)) if item not in seen.get(user, ())]
    return sorted(left, key=lambda item: (-scores[item], item))[:n]


# ---- factors -------------------------------------------------------------------------------------


@points(4, group="factors", group_zh="分解")
@stated("best", "factors", "split", "tolerance")
@contract("the definition itself, on tables whose singular vectors are known")
@hint(
    en="Which singular values stay, and how often does each go into the product?",
    zh="保留哪些奇异值？每个在乘积里出现几次？",
)
@given(seed=SEEDS, users=st.integers(1, 8), items=st.integers(1, 8))
@settings(max_examples=25)
def test_the_product_is_the_best_of_its_rank(solution, seed, users, items):
    rng = np.random.default_rng(seed)
    full = min(users, items)
    parts = known_table(rng, users, items, draw_values(rng, full))
    for k in {1, (full + 1) // 2, full}:
        U, V = solution.factorise(sum(parts), k)
        assert U.dtype == V.dtype == np.float64
        assert (U.shape, V.shape) == ((users, k), (items, k))
        assert_close(U @ V.T, sum(parts[:k]), rtol=1e-8)


@points(2, group="factors", group_zh="分解")
@stated("best", "split")
@contract("what truncation costs: exactly the singular values that were left out")
@hint(en="How large is what was left out?", zh="被舍去的部分有多大？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_the_error_falls_with_the_rank(solution, seed):
    rng = np.random.default_rng(seed)
    values = draw_values(rng, 5)
    table = sum(known_table(rng, 9, 5, values))
    for k in range(1, 5):
        U, V = solution.factorise(table, k)
        assert_close(float(np.linalg.norm(table - U @ V.T)), math.hypot(*values[k:]), rtol=1e-8)


@points(2, group="factors", group_zh="分解")
@stated("best", "factors", "tolerance")
@hint(
    en="Does your method care about the mean of a column, or about whole numbers?",
    zh="你的方法会受列平均值或整数类型影响吗？",
)
def test_ratings_as_they_are(solution):
    stars = np.array([[5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5], [1, 0, 0, 4], [0, 1, 5, 4], [5, 5, 5, 5]])
    left, values, right = np.linalg.svd(stars.astype(float))
    for k in (1, 2, 4):
        best = sum(values[i] * np.outer(left[:, i], right[i]) for i in range(k))
        for dtype in (np.int64, np.uint8, np.float32, np.float64):
            table = stars.astype(dtype)
            for rows, wanted in ((table, best), (np.asfortranarray(table), best), (table.T, best.T)):
                U, V = solution.factorise(rows, k)
                assert U.dtype == V.dtype == np.float64
                assert_close(U @ V.T, wanted.copy(), rtol=1e-8)


@points(2, group="factors", group_zh="分解")
@stated("rank", "best")
@hint(en="What do you divide by when a singular value is 0?", zh="奇异值为 0 时，你拿什么作除数？")
def test_more_factors_than_rank(solution, rng):
    table = sum(known_table(rng, 6, 5, [8.0, 3.0]))
    for rows, k in ((table, 2), (table, 3), (table, 5), (np.zeros((3, 4)), 2), (np.eye(3)[:, [0, 0, 1, 0]], 3)):
        U, V = solution.factorise(rows, k)
        assert (U.shape, V.shape) == ((rows.shape[0], k), (rows.shape[1], k))
        assert np.abs(U @ V.T - rows).max() < 1e-8


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "rank")
@hint(en="How many factors can a table have?", zh="一张表最多有几个因子？")
def test_ranks_that_do_not_exist_are_refused(solution, rng):
    for shape, ranks in (((3, 5), (0, -1, 4, 6)), ((5, 3), (0, -2, 4, 5)), ((1, 1), (0, 2))):
        for k in ranks:
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.factorise(rng.normal(size=shape), k)


# ---- recommendations -----------------------------------------------------------------------------


@points(4, group="recommendations", group_zh="推荐")
@stated("recommend", "seen", "few")
@contract("the definition on plain numbers")
@hint(en="Whose vector meets whose, and what is left out?", zh="谁的向量与谁的向量相乘？哪些要排除？")
@given(seed=SEEDS, users=st.integers(1, 4), items=st.integers(0, 9), n=st.integers(0, 10))
@settings(max_examples=30)
def test_the_best_unseen_items_come_first(solution, seed, users, items, n):
    rng = np.random.default_rng(seed)
    U, V = rng.normal(size=(users, 3)), rng.normal(size=(items, 3))
    seen = {u: set(np.flatnonzero(rng.random(items) < 0.3).tolist()) for u in range(users)}
    for user in range(users):
        assert_equal(solution.recommend(U, V, seen, user, n), expected_items(U, V, seen, user, n))


@points(2, group="recommendations", group_zh="推荐")
@stated("ties", "seen", "recommend")
@hint(en="Is your sort stable, and does it sort the way you think?", zh="你的排序稳定吗？方向对吗？")
def test_equal_scores_go_by_number(solution, rng):
    V = rng.integers(-2, 3, size=(60, 2)).astype(float)
    U = np.array([[1.0, -1.0], [0.0, 0.0], [-2.0, 1.0]])
    for seen in ({}, {0: {5, 0}, 1: set(range(0, 60, 2)), 7: {1}}, {1: set(range(1, 60)), 2: {59}}):
        for user in range(3):
            for n in (1, 13, 60):
                assert_equal(solution.recommend(U, V, seen, user, n), expected_items(U, V, seen, user, n))


@points(2, group="recommendations", group_zh="推荐")
@stated("seen", "few", "ties")
@contract("each rule of what is left out by itself, so that the report names it")
@hint(
    en="May a seen item fill a gap? Are negative scores worth nothing?", zh="看过的物品可以用来凑数吗？负分就不算吗？"
)
def test_seen_items_never_come_back(solution):
    U, V = np.array([[1.0], [-1.0]]), np.array([[4.0], [-3.0], [2.0], [-1.0]])
    cases = [
        ({0: {0, 2}, 1: set()}, 0, 4, [3, 1]),
        ({0: {0, 2}, 1: set()}, 1, 4, [1, 3, 2, 0]),
        ({1: {1, 3}}, 0, 9, [0, 2, 3, 1]),
        ({0: {0, 1, 2, 3}}, 0, 2, []),
        ({0: {3}}, 0, 3, [0, 2, 1]),
        ({0: {1}}, 1, 0, []),
        ({2: {0}, 5: {1}}, 1, 1, [1]),
    ]
    for seen, user, n, items in cases:
        assert_equal(solution.recommend(U, V, seen, user, n), items)


@points(2, group="recommendations", group_zh="推荐")
@stated("recommend", "split")
@contract("laws of both: the split means nothing, and renaming users or items renames the answer")
@hint(en="Does anything depend on the signs of factors, or on names?", zh="有什么取决于因子的符号或编号吗？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_signs_and_names_mean_nothing(solution, seed):
    rng = np.random.default_rng(seed)
    U, V, seen = rng.normal(size=(4, 3)), rng.normal(size=(7, 3)), {1: {2, 6}, 3: {0}}
    signs = rng.choice([-2.0, 0.5], size=3)
    users, items = rng.permutation(4), rng.permutation(7)
    for user in range(4):
        plain = expected_items(U, V, seen, user, 5)
        assert_equal(solution.recommend(U * signs, V / signs, seen, user, 5), plain)
        moved = {
            int(np.flatnonzero(users == u)[0]): {int(np.flatnonzero(items == i)[0]) for i in s} for u, s in seen.items()
        }
        place = int(np.flatnonzero(users == user)[0])
        renamed = solution.recommend(U[users], V[items], moved, place, 5)
        assert_equal(items[renamed].tolist(), plain)


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="What is row -1?", zh="第 -1 行是什么？")
def test_users_and_numbers_that_do_not_exist_are_refused(solution):
    U, V = np.ones((3, 2)), np.ones((5, 2))
    for user, n in ((3, 1), (-1, 1), (99, 1), (-3, 2), (0, -1), (2, -4)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.recommend(U, V, {}, user, n)


def use_both(module, R, U, V, seen):
    """Call both; return what they say and the arguments afterwards."""
    left, right = module.factorise(R, 2)
    return left @ right.T, module.recommend(U, V, seen, 1, 3), (R, U, V, seen)


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_arguments_stay_as_they_are(solution, rng):
    parts = known_table(rng, 4, 3, [9.0, 4.0, 1.0])
    arguments = sum(parts), rng.normal(size=(3, 2)), rng.normal(size=(5, 2)), {0: {1}, 2: {0, 4}}
    product, items, after = solution.run(use_both, *arguments)
    assert_close(product, parts[0] + parts[1], rtol=1e-8)
    assert_equal(items, expected_items(*arguments[1:], 1, 3))
    assert_equal(after, arguments)


@memory(points=2, of="recommend", group="memory", group_zh="内存", at_most=0.25, times_of="scores_of_all_users")
@stated("memory")
def many_users(rng):
    return (rng.normal(size=(4000, 4)), rng.normal(size=(1500, 4)), {5: {1, 2}}, 5, 10), {}
