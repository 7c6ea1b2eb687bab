"""Hidden checks of `cross-modal-retrieval`; similarities are sums of Python floats, pair by pair."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, memory, points, stated

SEEDS = st.integers(0, 2**32 - 1)
DTYPES = (np.float64, np.float32)


# ---- the oracle ----------------------------------------------------------------------------------


def unit(row):
    length = math.hypot(*row)
    return [value / length for value in row] if length else row


def cosines(a, b):
    """Return the cosine of every row of one with every row of the other, as lists."""
    rows, columns = ([unit(row) for row in part.astype(np.float64).tolist()] for part in (a, b))
    return [[math.fsum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in rows]


def cross_entropy(logits, right):
    top = max(logits)
    return top + math.log(math.fsum(math.exp(value - top) for value in logits)) - logits[right]


def expected_loss(za, zb, log_scale):
    logits = [[math.exp(log_scale) * value for value in row] for row in cosines(za, zb)]
    rows = [cross_entropy(row, i) for i, row in enumerate(logits)]
    columns = [cross_entropy(list(column), j) for j, column in enumerate(zip(*logits, strict=True))]
    return math.fsum([*rows, *columns]) / (2 * len(rows))


def expected_topk(q, g, k):
    order = [sorted(range(len(g)), key=lambda j: (-row[j], j))[:k] for row in cosines(q, g)]
    return np.array(order, dtype=np.int64).reshape(len(q), k)


def assert_loss(actual, expected, log_scale):
    """Compare losses by the magnitude of the logits they are made of."""
    assert_close(actual, expected, rtol=1e-10, atol=1e-10 * (1 + math.exp(log_scale)))


def draw(seed, *shape, dtype=np.float64):
    return (np.random.default_rng(seed).normal(size=shape) * 3).astype(dtype)


def exact_rows(seed, count):
    """Draw rows of five numbers whose lengths are powers of two, so that every product is exact."""
    rng = np.random.default_rng(seed)
    patterns = [[1, 1, 1, 1, 0], [2, 0, 0, 0, 0], [1, -1, 1, 0, 1], [0, 4, 0, 0, 0], [-2, 0, 2, 2, 2], [0, 0, 0, 0, 0]]
    rows = np.array([patterns[i] for i in rng.integers(0, len(patterns), size=count)], dtype=np.float64)
    return rows * rng.choice([0.5, 1.0, 8.0], size=(count, 1))


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="the loss", group_zh="损失")
@stated("loss", "vectors", "tolerance")
@contract("the definition itself, for both precisions and their mixtures")
@hint(en="Who competes with whom, and in how many directions?", zh="谁与谁竞争？有几个方向？")
@given(seed=SEEDS, pairs=st.integers(2, 6), width=st.integers(2, 5), log_scale=st.floats(-2, 4))
@settings(max_examples=15)
def test_the_loss_pair_by_pair(solution, seed, pairs, width, log_scale):
    for one in DTYPES:
        for other in DTYPES:
            za, zb = draw(seed, pairs, width, dtype=one), draw(seed + 1, pairs, width, dtype=other)
            assert_loss(solution.clip_loss(za, zb, log_scale), expected_loss(za, zb, log_scale), log_scale)


@points(2, group="the loss", group_zh="损失")
@stated("large", "loss", "vectors", "tolerance")
@hint(en="What is exp(exp(12))?", zh="exp(exp(12)) 是多少？")
def test_sharp_and_blunt_scales(solution):
    for log_scale in (12.0, 7.5, 0.0, -20.0):
        for seed in (1, 2):
            za, zb = draw(seed, 4, 3), draw(seed + 5, 4, 3)
            assert_loss(solution.clip_loss(za, zb, log_scale), expected_loss(za, zb, log_scale), log_scale)
    for pairs, scale in ((3, 2.0), (5, 9.0)):
        closed = math.log1p((pairs - 1) * math.exp(-scale))
        assert_loss(solution.clip_loss(np.eye(pairs) * 4, np.eye(pairs) * 0.3, math.log(scale)), closed, 0.0)
    assert_loss(solution.clip_loss(draw(3, 1, 2), draw(4, 1, 2), 12.0), 0.0, 0.0)


@points(2, group="vectors", group_zh="向量")
@stated("vectors")
@hint(en="How long is a row of zeros, and what is divided by it?", zh="全零行的长度是多少？用什么除以它？")
def test_rows_of_zeros_and_rows_of_any_length(solution):
    za, zb = draw(7, 5, 3), draw(8, 5, 3)
    za[1], zb[3] = 0.0, 0.0
    assert_loss(solution.clip_loss(za, zb, 1.5), expected_loss(za, zb, 1.5), 1.5)
    assert_loss(solution.clip_loss(0 * za, zb, 1.5), math.log(5), 1.5)
    lengths = 10.0 ** np.array([[-97.0], [3.0], [97.0], [-20.0], [0.0]])
    assert_loss(solution.clip_loss(za * lengths, zb / lengths, 1.5), expected_loss(za, zb, 1.5), 1.5)
    for q, g in ((za, zb), (za * lengths, zb / lengths), (1e-97 * za, 1e97 * zb)):
        assert_equal(solution.topk(q, g, 5, 2), expected_topk(za, zb, 5))


@points(1, group="the loss", group_zh="损失")
@stated("loss", "vectors")
@contract("what the loss is: blind to the order of pairs, to which tower is which, and to the length of rows")
@hint(en="Does it matter which tower is named first?", zh="先写哪个塔有关系吗？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_laws_of_the_loss(solution, seed):
    rng = np.random.default_rng(seed)
    za, zb, order = draw(seed, 5, 3), draw(seed + 1, 5, 3), rng.permutation(5)
    loss = solution.clip_loss(za, zb, 1.0)
    assert_loss(solution.clip_loss(za[order], zb[order], 1.0), loss, 1.0)
    assert_loss(solution.clip_loss(zb, za, 1.0), loss, 1.0)
    assert_loss(solution.clip_loss(za * rng.uniform(0.1, 9, size=(5, 1)), zb, 1.0), loss, 1.0)
    assert solution.clip_loss(za, za, 1.0) < solution.clip_loss(za, -za, 1.0)


@points(4, group="search", group_zh="检索")
@stated("topk", "blocks", "vectors")
@contract("the search itself on vectors as networks give them; the check of ties uses few directions")
@hint(en="What must be kept from one block to the next?", zh="从一块到下一块需要保留什么？")
@given(seed=SEEDS, queries=st.integers(1, 4), rows=st.integers(2, 9))
@settings(max_examples=6)
def test_the_most_similar_rows(solution, seed, queries, rows):
    for dtype in DTYPES:
        q, g = draw(seed, queries, 4, dtype=dtype), draw(seed + 1, rows, 4, dtype=dtype)
        for k in (1, rows - 1, rows):
            wanted = expected_topk(q, g, k)
            for block in (1, 2, 3, rows - 1, rows, rows + 5):
                assert_equal(solution.topk(q, g, k, block), wanted)


@points(3, group="search", group_zh="检索")
@stated("ties", "blocks", "vectors")
@hint(en="Which of two equal rows comes first, also across blocks?", zh="两行相同时谁在前？跨块时呢？")
def test_equally_similar_rows(solution):
    for seed, rows in ((1, 40), (2, 25), (3, 60)):
        q, g = exact_rows(seed, 6), exact_rows(seed + 9, rows)
        for k in (1, 7, rows):
            wanted = expected_topk(q, g, k)
            for block in (1, 4, 17, rows):
                assert_equal(solution.topk(q, g, k, block), wanted)


@points(1, group="search", group_zh="检索")
@stated("topk", "errors")
@hint(en="What shape has the answer to no question?", zh="没有查询时，结果是什么形状？")
def test_no_queries(solution):
    for dtype in DTYPES:
        answer = solution.topk(np.zeros((0, 4), dtype), draw(5, 3, 4, dtype=dtype), 2, 2)
        assert_equal(answer, np.zeros((0, 2), dtype=np.int64))


@points(2, group="recall", group_zh="召回率")
@stated("recall", "tolerance")
@hint(en="Is place 0 among the first one?", zh="位置 0 算不算在前 1 个之内？")
@given(ranks=st.lists(st.integers(0, 9), min_size=1, max_size=12))
@settings(max_examples=15)
def test_the_share_of_answers_found(solution, ranks):
    for k in (1, 2, 5, 10, 50):
        share = sum(rank < k for rank in ranks) / len(ranks)
        assert_close(solution.recall_at_k(np.array(ranks), k), share)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which pairs are none?", zh="什么样的配对不成立？")
def test_pairs_and_ranks_that_do_not_fit_are_refused(solution):
    z = draw(6, 4, 3)
    bad = [
        (z[:3], z),
        (z, z[:1]),
        (z, z[:, :2]),
        (z[0], z[0]),
        (z[None], z[None]),
        (z[:0], z[:0]),
        (z[:, :1], z),
        (np.ones((1, 1, 1)), np.ones((1, 1, 1))),
    ]
    for junk in (math.nan, math.inf, -math.inf):
        broken = z.copy()
        broken[2, 1] = junk
        bad += [(broken, z), (z, broken)]
    for pair in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.clip_loss(*pair, 1.0)
    ranks = np.array([0, 3, 1])
    for wrong, k in (
        (ranks, 0),
        (ranks, -1),
        (ranks[:0], 2),
        (ranks - 1, 2),
        (ranks[:, None], 2),
        (ranks[0:1].reshape(()), 2),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.recall_at_k(wrong, k)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which searches find nothing?", zh="什么样的检索找不到任何东西？")
def test_searches_that_cannot_be_are_refused(solution):
    q, g = draw(7, 3, 4), draw(8, 5, 4)
    bad = [(q, g, k, 2) for k in (0, -1, 6)] + [(q, g, 2, block) for block in (0, -3)]
    bad += [
        (q[:, :3], g, 2, 2),
        (q, g[:, :1], 2, 2),
        (q[0], g, 2, 2),
        (q, g[0], 2, 2),
        (q[None], g, 2, 2),
        (q, g[None], 1, 2),
    ]
    bad += [(q, g[:0], 1, 2), (q[:0], g, 6, 2), (q[:0, :3], g, 2, 2), (q[:0], g, 2, 0)]
    for junk in (math.nan, math.inf, -math.inf):
        for place in range(2):
            arrays = [q.copy(), g.copy()]
            arrays[place][1, 1] = junk
            bad.append((*arrays, 2, 2))
    for arguments in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.topk(*arguments)


def use_and_look(module, za, zb, ranks):
    """Call all three; return what came out, and the arguments afterwards."""
    return module.clip_loss(za, zb, 1.0), module.topk(za, zb, 2, 2), module.recall_at_k(ranks, 2), [za, zb, ranks]


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution):
    for dtype in DTYPES:
        za, zb, ranks = draw(9, 4, 3, dtype=dtype), draw(10, 4, 3, dtype=dtype), np.array([3, 0, 2, 1])
        loss, found, share, after = solution.run(use_and_look, za, zb, ranks)
        assert_loss(loss, expected_loss(za, zb, 1.0), 1.0)
        assert_equal(found, expected_topk(za, zb, 2))
        assert_close(share, 0.5)
        assert_equal(after, [za, zb, ranks])


@memory(points=2, of="topk", group="memory", group_zh="内存", at_most=0.25, times_of="all_at_once")
@stated("memory")
def many_rows(rng):
    return (rng.normal(size=(150, 8)), rng.normal(size=(6000, 8)), 10, 100), {}
