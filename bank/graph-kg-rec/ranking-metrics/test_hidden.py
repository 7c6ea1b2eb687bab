"""Hidden checks of `ranking-metrics`; expectations come from all orders of tied items, one after the other."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- the oracle ----------------------------------------------------------------------------------


def worth(scores, value):
    """Return what each item's place is worth, on average over all orders that the scores allow."""
    groups = [[j for j in range(len(scores)) if scores[j] == score] for score in sorted(set(scores), reverse=True)]
    totals, count = [0.0] * len(scores), 0
    for orders in itertools.product(*(itertools.permutations(group) for group in groups)):
        count += 1
        for place, item in enumerate(itertools.chain(*orders), start=1):
            totals[item] += value(place)
    return [total / count for total in totals]


def gain_of_a_place(k):
    return lambda place: math.log(2) / math.log(place + 1) if place <= k else 0.0


def user_ndcg(rel, scores, k):
    gain = sum(r * w for r, w in zip(rel, worth(scores, gain_of_a_place(k)), strict=True))
    ideal = sum(r * gain_of_a_place(k)(place) for place, r in enumerate(sorted(rel, reverse=True), start=1))
    return gain / ideal


def user_recall(rel, scores, k):
    found = [w for r, w in zip(rel, worth(scores, lambda place: float(place <= k)), strict=True) if r > 0]
    return sum(found) / len(found)


def user_mrr(rel, scores):
    return 1 / min(w for r, w in zip(rel, worth(scores, float), strict=True) if r > 0)


def expected(metric, rel, scores, *k):
    rows = zip(rel.astype(float).tolist(), scores.astype(float).tolist(), strict=True)
    return math.fsum(values := [metric(r, s, *k) for r, s in rows if any(r)]) / len(values)


def expect_all(solution, rel, scores, k):
    """Compare all three metrics."""
    assert_close(solution.ndcg(rel, scores, k), expected(user_ndcg, rel, scores, k))
    assert_close(solution.recall_at_k(rel, scores, k), expected(user_recall, rel, scores, k))
    assert_close(solution.mrr(rel, scores), expected(user_mrr, rel, scores))


def draw(seed, users, items, ties):
    """Draw graded relevance and scores; user 0 has something relevant."""
    rng = np.random.default_rng(seed)
    rel = rng.integers(0, 4, size=(users, items)) * rng.integers(0, 2, size=(users, items))
    rel[0, rng.integers(items)] = 2
    scores = rng.integers(0, 4, size=(users, items)) * 0.5 if ties else rng.permuted(np.arange(users * items) - 5.0)
    return rel, scores.reshape(users, items)


# ---- the metrics ---------------------------------------------------------------------------------


@points(3, group="NDCG", group_zh="NDCG")
@stated("ndcg", "order", "skipped", "large-k", "tolerance")
@contract("the definition of the gain, before ties come in")
@hint(en="What is place 1 worth, and what is the ideal order cut at?", zh="名次 1 的价值是多少？理想排列在哪里截断？")
@given(seed=SEEDS, users=st.integers(1, 4), items=st.integers(1, 5))
@settings(max_examples=20)
def test_ndcg_without_ties(solution, seed, users, items):
    rel, scores = draw(seed, users, items, ties=False)
    for k in (1, 2, 3, 9):
        assert_close(solution.ndcg(rel, scores, k), expected(user_ndcg, rel, scores, k))


@points(3, group="recall and MRR", group_zh="召回率与 MRR")
@stated("recall", "mrr", "order", "skipped", "large-k", "tolerance")
@contract("the definitions of both, before ties come in")
@hint(en="Which items are relevant, and by what is divided?", zh="哪些物品是相关的？除以什么？")
@given(seed=SEEDS, users=st.integers(1, 4), items=st.integers(1, 5))
@settings(max_examples=20)
def test_recall_and_mrr_without_ties(solution, seed, users, items):
    rel, scores = draw(seed, users, items, ties=False)
    for k in (1, 2, 3, 9):
        assert_close(solution.recall_at_k(rel, scores, k), expected(user_recall, rel, scores, k))
    assert_close(solution.mrr(rel, scores), expected(user_mrr, rel, scores))


@points(4, group="ties", group_zh="并列")
@stated("ties", "ndcg", "recall", "mrr")
@contract("the definition of a tie, against all orders that it leaves open")
@hint(en="What does an item get if its place is open?", zh="名次未定时，物品得到什么？")
@given(seed=SEEDS, users=st.integers(1, 3), items=st.integers(1, 6))
@settings(max_examples=20)
def test_ties_share_what_their_places_are_worth(solution, seed, users, items):
    rel, scores = draw(seed, users, items, ties=True)
    for k in (1, 2, 4):
        expect_all(solution, rel, scores, k)


@points(2, group="ties", group_zh="并列")
@stated("ties", "ndcg", "recall", "mrr")
@contract("groups of ties at every place where k can cut them")
@hint(
    en="A group of equal scores may reach across place k, or hold everything.",
    zh="得分相等的一组可能跨过名次 k，也可能包含全部物品。",
)
def test_ties_across_the_limit(solution):
    rel = np.array([[0, 0, 5, 1, 0, 0], [1, 0, 0, 0, 0, 2], [0, 1, 0, 1, 0, 1]])
    for scores in ([1, 1, 1, 1, 1, 1], [2, 1, 1, 1, 1, 0], [0, 0, 0, 3, 3, 3], [1, 2, 1, 2, 1, 2], [5, 4, 3, 2, 1, 0]):
        rows = np.array([scores, scores[::-1], scores], dtype=float)
        for k in (1, 2, 3, 5, 6, 7):
            expect_all(solution, rel, rows, k)
    # the last of one user has the score of the first of the next, and nothing to do with it
    staircase, wanted = np.array([[3.0, 2.0, 1.0], [1.0, 0.0, -1.0], [-1.0, -2.0, -3.0]]), np.eye(3)[[2, 0, 0]]
    for k in (1, 2, 3):
        expect_all(solution, wanted, staircase, k)


@points(2, group="users without relevant items", group_zh="没有相关物品的用户")
@stated("skipped", "order")
@contract("who is skipped, at the beginning, in the middle and at the end")
@hint(en="By how many users is divided?", zh="最后除以多少个用户？")
def test_users_without_relevant_items_do_not_count(solution, rng):
    rel = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0], [2, 0, 1], [0, 0, 0]])
    scores = rng.permuted(np.arange(15.0)).reshape(5, 3)
    for k in (1, 2, 5):
        for rows in (slice(None), slice(1, None), slice(0, 2), slice(2, 4)):
            expect_all(solution, rel[rows], scores[rows], k)


@points(2, group="types", group_zh="类型")
@stated("dtypes", "order")
@hint(en="What is minus 0 in uint8, and minus True?", zh="uint8 的负数是什么？True 取负呢？")
def test_any_type_of_number(solution):
    rel = np.array([[0, 1, 0, 3], [1, 0, 0, 1], [0, 0, 2, 0]])
    scores = np.array([[3, 0, 250, 7], [0, 0, 9, 1], [5, 200, 4, 5]])
    for dtype in (np.uint8, np.int64, np.float32, np.uint64, np.float16):
        expect_all(solution, rel, scores.astype(dtype), 2)
        expect_all(solution, rel.astype(dtype), scores, 3)
    expect_all(solution, rel > 0, scores > 4, 2)
    expect_all(solution, (rel * 40).astype(np.int8), (scores - 125).astype(np.int8), 3)
    fine = 1 + scores * 1e-12
    expect_all(solution, rel * 1e-9, fine, 2)
    expect_all(solution, np.asfortranarray(rel), scores[:, ::-1], 2)


@points(2, group="laws", group_zh="性质")
@stated("order", "ties", "ndcg", "recall", "mrr")
@contract("the laws of a ranking: only the order counts, the best order is worth 1, and going up never hurts")
@hint(en="What happens to a metric when a relevant item goes up?", zh="相关物品上升时，指标会怎样？")
@given(seed=SEEDS, ties=st.booleans(), k=st.integers(1, 8))
@settings(max_examples=15)
def test_only_the_order_counts(solution, seed, ties, k):
    rel, scores = draw(seed, 3, 6, ties)
    metrics = (lambda *pair: solution.ndcg(*pair, k), lambda *pair: solution.recall_at_k(*pair, k), solution.mrr)
    order = np.random.default_rng(seed).permutation(6)
    raised = scores.copy()
    raised[0, rel[0].argmax()] += 1.25
    for metric in metrics:
        value = metric(rel, scores)
        assert 0 <= value <= 1 + 1e-12
        assert_close(metric(rel[:, order], scores[:, order]), value)
        assert_close(metric(rel, np.exp(scores / 9) - 7), value)
        assert metric(rel, raised) >= value - 1e-12
    assert_close(metrics[0](rel, rel), 1.0)
    assert_close(metrics[2](rel, rel + rel**2), metrics[2](rel, rel))
    expect_all(solution, rel, scores, k)


# ---- everything else -----------------------------------------------------------------------------


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "skipped")
@hint(en="Which arrays are no ranking?", zh="哪些数组构不成排序？")
def test_arguments_without_meaning_are_refused(solution):
    rel, scores = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 0.0]]), np.array([[3.0, 2.0, 1.0], [4.0, 5.0, 6.0]])
    wrong = [(rel[0], scores[0]), (rel[None], scores[None]), (rel, scores[:1]), (rel[:, :1], scores), (rel, scores[0])]
    wrong += [
        (rel, scores[:, :2]),
        (rel * 0, scores),
        (rel[:0], scores[:0]),
        (rel[:, :0], scores[:, :0]),
        (rel - 1, scores),
    ]
    for bad in (math.nan, math.inf, -math.inf):
        for place in ((0, 0), (1, 2)):
            spoilt = np.zeros((2, 3))
            spoilt[place] = bad
            wrong += [(rel + spoilt, scores), (rel, scores + spoilt)]
    for arguments in wrong:
        for metric, more in ((solution.ndcg, (2,)), (solution.recall_at_k, (2,)), (solution.mrr, ())):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                metric(*arguments, *more)
    for k in (0, -1, -5):
        for metric in (solution.ndcg, solution.recall_at_k):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                metric(rel, scores, k)


def use_all(module, rel, scores):
    """Call everything; return what it says and the arguments afterwards."""
    return [module.ndcg(rel, scores, 2), module.recall_at_k(rel, scores, 2), module.mrr(rel, scores)], (rel, scores)


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_arguments_stay_as_they_are(solution):
    rel, scores = np.array([[0.0, 2.0, 1.0], [0.0, 0.0, 0.0]]), np.array([[1.0, 0.5, 0.5], [3.0, 7.0, 7.0]])
    said, after = solution.run(use_all, rel, scores)
    wanted = [
        expected(user_ndcg, rel, scores, 2),
        expected(user_recall, rel, scores, 2),
        expected(user_mrr, rel, scores),
    ]
    assert_close(said, wanted)
    assert_equal(after, (rel, scores))


@performance(points=2, of="ndcg", group="speed", group_zh="速度", at_least=2.0, times_faster_than="user_by_user")
@stated("speed")
def many_users(rng):
    return (rng.integers(0, 3, size=(250, 30)), rng.integers(0, 20, size=(250, 30)) / 4, 10), {}
