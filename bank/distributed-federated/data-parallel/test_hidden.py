"""Hidden checks of `data-parallel`; expectations come from positions one by one, exact fractions and exact sums."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SMALL = st.integers(0, 1000)


# ---- shards ---------------------------------------------------------------------------------------


def all_shards(module, n, world, epoch, seed, *drop_last):
    return [module.shard_indices(n, world, rank, epoch, seed, *drop_last) for rank in range(world)]


def expected_shards(n, world, epoch, seed, drop_last):
    """Look up position after position in the order of the epoch."""
    order = np.random.default_rng((seed, epoch)).permutation(n).tolist()
    length = (n if drop_last else n + world - 1) // world
    return [np.array([order[(rank + world * i) % n] for i in range(length)], dtype=np.int64) for rank in range(world)]


@points(3, group="shards", group_zh="数据分片")
@stated("order", "padding", "stride", "shard-result")
@contract("the layout itself on plain numbers; the checks of its corner cases would leave it unsaid")
@hint(en="Whose order is it, and what is it drawn from?", zh="次序由谁共享？由什么决定？")
@given(n=st.integers(9, 40), world=st.integers(1, 9), epoch=SMALL, seed=SMALL)
@settings(max_examples=25)
def test_each_rank_reads_its_positions_of_the_common_order(solution, n, world, epoch, seed):
    assert_equal(solution.run(all_shards, n, world, epoch, seed), expected_shards(n, world, epoch, seed, False))


@points(2, group="shards", group_zh="数据分片")
@stated("drop-last", "stride", "empty", "shard-result")
@hint(en="Which samples are left out, and how many?", zh="舍去的是哪些样本，有几个？")
@given(n=st.integers(0, 30), world=st.integers(1, 8), epoch=SMALL, seed=SMALL)
@settings(max_examples=25)
def test_the_order_is_cut_at_its_end(solution, n, world, epoch, seed):
    assert_equal(solution.run(all_shards, n, world, epoch, seed, True), expected_shards(n, world, epoch, seed, True))


@points(2, group="shards", group_zh="数据分片")
@stated("padding", "shard-result", "empty")
@hint(en="Three ranks' worth of padding from one sample: where from?", zh="样本比进程还少时，补齐的部分从哪里来？")
@given(n=st.integers(1, 4), world=st.integers(5, 14), epoch=SMALL, seed=SMALL)
@settings(max_examples=15)
def test_fewer_samples_than_ranks(solution, n, world, epoch, seed):
    assert_equal(solution.run(all_shards, n, world, epoch, seed, False), expected_shards(n, world, epoch, seed, False))
    assert_equal(solution.run(all_shards, 0, world, epoch, seed, False), [np.zeros(0, dtype=np.int64)] * world)


@points(1, group="shards", group_zh="数据分片")
@stated("order", "padding", "drop-last")
@contract("what sharding is for, whatever the layout: nobody misses a sample, and epochs differ")
@hint(en="How often is each sample read in an epoch?", zh="一个轮次里每个样本被读几次？")
@given(n=st.integers(12, 40), world=st.integers(2, 11), epoch=SMALL, seed=SMALL)
@settings(max_examples=10)
def test_together_the_ranks_read_everything_about_once(solution, n, world, epoch, seed):
    padded, cut, later = (
        np.concatenate(solution.run(all_shards, n, world, number, seed, drop_last))
        for number, drop_last in ((epoch, False), (epoch, True), (epoch + 1, False))
    )
    times = np.bincount(padded, minlength=n)
    assert len(times) == n
    assert sorted(set(times.tolist())) in ([1], [1, 2])
    assert len(padded) - n == (-n) % world
    assert len(set(cut.tolist())) == len(cut) == n - n % world
    assert padded.tolist() != later.tolist()


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("shard-errors")
@hint(en="Which ranks are there? Python counts from the end in silence.", zh="有哪些进程号？负的下标也能用。")
def test_ranks_that_do_not_exist_are_refused(solution):
    for n, world, rank in ((5, 2, 2), (5, 2, -1), (5, 0, 0), (5, -2, 0), (5, -2, -1), (-1, 2, 0), (0, 1, 1)):
        for drop_last in (False, True):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.shard_indices(n, world, rank, 0, 0, drop_last)


# ---- gradients ------------------------------------------------------------------------------------


def exact_mean(gradients, counts):
    """Return the weighted mean of gradients, None being zeros, without rounding until the end."""
    shown = [gradient for gradient, count in zip(gradients, counts, strict=True) if count and gradient is not None]
    if not shown:
        return None
    columns = zip(
        *((shown[0] * 0 if gradient is None else gradient).ravel().tolist() for gradient in gradients), strict=True
    )
    means = [
        float(sum(count * Fraction(value) for count, value in zip(counts, column, strict=True)) / sum(counts))
        for column in columns
    ]
    return np.array(means, dtype=np.float64).reshape(shown[0].shape).astype(shown[0].dtype)


def exact_means(grads, counts):
    return [exact_mean(gradients, counts) for gradients in zip(*grads, strict=True)]


def draw_grads(rng, world):
    shapes = ((3, 2), (), (4,), (0, 3))
    return [[np.asarray(rng.normal(2, 3, size=shape)) for shape in shapes] for _ in range(world)]


@points(3, group="gradients", group_zh="梯度归约")
@stated("gradients", "counts", "reduced", "tolerance")
@contract("the law that makes data parallelism right: uneven shards give what the whole batch would give")
@hint(en="Which gradient would one rank with all the samples have?", zh="如果一个进程拥有全部样本，它的梯度是什么？")
@given(seed=SEEDS, sizes=st.lists(st.integers(1, 6), min_size=2, max_size=4))
@settings(max_examples=20)
def test_uneven_shards_reduce_to_the_gradient_of_the_whole_batch(solution, seed, sizes):
    rng = np.random.default_rng(seed)
    x, y, weight, bias = rng.normal(size=(sum(sizes), 3)), rng.normal(3, 1, size=sum(sizes)), rng.normal(size=3), 0.5
    cuts = np.cumsum([0, *sizes])
    grads = [slopes(x[a:b], y[a:b], weight, bias) for a, b in itertools.pairwise(cuts)]
    assert_close(solution.reduce_grads(grads, sizes), slopes(x, y, weight, bias))


def slopes(x, y, weight, bias):
    """Return the gradients of the mean squared error of a linear model."""
    error = x @ weight + bias - y
    return [(2 * error[:, None] * x).mean(axis=0), np.asarray(2 * error.mean())]


@points(2, group="gradients", group_zh="梯度归约")
@stated("unused", "reduced")
@hint(en="Do the samples of a rank without a gradient count?", zh="没有梯度的进程，它的样本算不算数？")
@given(seed=SEEDS, counts=st.lists(st.integers(1, 50), min_size=2, max_size=4))
@settings(max_examples=15)
def test_unused_parameters_count_as_zeros(solution, seed, counts):
    rng = np.random.default_rng(seed)
    grads = draw_grads(rng, len(counts))
    for own in grads:
        own[0] = None
        own[2] = None if rng.random() < 0.5 else own[2]
        own[3] = None
    grads[-1][3] = np.zeros((0, 3))
    assert_close(solution.reduce_grads(grads, counts), exact_means(grads, counts))
    assert_equal(solution.reduce_grads([[]] * len(counts), counts), [])


@points(2, group="gradients", group_zh="梯度归约")
@stated("zero-counts", "unused")
@hint(en="What is zero times NaN?", zh="零乘以 NaN 等于多少？")
@given(seed=SEEDS, world=st.integers(1, 3), junk=st.sampled_from([math.nan, math.inf, None, 7.0]))
@settings(max_examples=15)
def test_a_rank_without_samples_never_matters(solution, seed, world, junk):
    rng = np.random.default_rng(seed)
    grads, counts = draw_grads(rng, world), rng.integers(1, 9, size=world).tolist()
    for own in grads:
        own[2] = None
    idle = [None if junk is None else np.full((3, 2), junk), np.array(1.0), np.full(4, junk or 1.0), np.zeros((0, 3))]
    place = int(rng.integers(world + 1))
    widened = [*grads[:place], idle, *grads[place:]], [*counts[:place], 0, *counts[place:]]
    assert_close(solution.reduce_grads(*widened), exact_means(grads, counts))


@points(2, group="gradients", group_zh="梯度归约")
@stated("reduced", "tolerance", "gradients")
@hint(en="In which precision do you add up, and in which do you return?", zh="累加用什么精度？返回时又是什么精度？")
@given(seed=SEEDS)
@settings(max_examples=6)
def test_single_precision_is_added_up_in_float64_and_kept(solution, seed):
    rng = np.random.default_rng(seed)
    huge = (rng.uniform(1, 9, size=4) * 1e8).astype(np.float32)
    tiny = rng.uniform(1, 9, size=4).astype(np.float32)
    grads = [[one, np.array(2.0, np.float32), np.ones(1)] for one in (huge, tiny, -huge)]
    result = solution.reduce_grads(grads, [3, 3, 3])
    assert_close(result, exact_means(grads, [3, 3, 3]), rtol=1e-6)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("reduce-errors")
@hint(
    en="NumPy broadcasts and promotes, `zip` cuts, all in silence.",
    zh="NumPy 会悄悄地广播，`zip` 会悄悄地截短。",
)
def test_gradients_that_do_not_fit_are_refused(solution):
    fitting = [np.ones(3), np.ones((2, 1))]
    misfits = [
        fitting[:1],
        [*fitting, np.ones(1)],
        [*fitting, None],
        [np.ones(1), fitting[1]],
        [fitting[0], np.ones((1, 2))],
        [fitting[0].astype(np.float32), fitting[1]],
    ]
    for misfit in misfits:
        for grads, counts in (([fitting, misfit], [1, 2]), ([misfit, [None, None], fitting], [0, 1, 1])):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.reduce_grads(grads, counts)
    for world, counts in ((0, []), (2, [0, 0]), (2, [-1, 3]), (2, [2]), (2, [1, 2, 0]), (0, [1])):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.reduce_grads([fitting] * world, counts)


def reduce_then_overwrite(module, grads, counts):
    """Return the result as it was, and the gradients after everything in the result has been overwritten."""
    result = module.reduce_grads(grads, counts)
    kept = [gradient.copy() for gradient in result]
    for gradient in result:
        gradient[...] = 1
    return kept, grads


@points(1, group="independence", group_zh="结果独立于输入")
@stated("independence")
@hint(en="Which of your arrays are new?", zh="哪些数组是真正新建的？")
def test_the_reduction_shares_nothing_and_changes_no_input(solution, rng):
    for counts in ([4], [2, 3], [0, 2]):
        grads = draw_grads(rng, len(counts))
        reduced, after = solution.run(reduce_then_overwrite, grads, counts)
        assert_close(reduced, exact_means(grads, counts))
        assert_equal(after, grads)


# ---- the ring -------------------------------------------------------------------------------------


def run_ring(module, vectors):
    """Let all ranks exchange messages; return their results, all messages by round, and the vectors afterwards."""
    world = len(vectors)
    workers = [module.ring_worker(rank, world, vector) for rank, vector in enumerate(vectors)]
    inbox, results, rounds = [None] * world, [None] * world, []
    while len(rounds) <= 2 * world and all(result is None for result in results):
        outbox = []
        for rank, worker in enumerate(workers):
            try:
                outbox.append(worker.send(inbox[rank]).copy())
            except StopIteration as end:
                results[rank] = end.value
        rounds.append(outbox)
        inbox = outbox[-1:] + outbox[:-1]
    kept = [result.copy() for result in results]
    for result in results:
        result[...] = -1.0
    return kept, rounds, vectors


def draw_vectors(seed, world, width):
    rng = np.random.default_rng(seed)
    return [rng.normal(0.0, 10.0 ** rng.uniform(-3, 3), size=width) for _ in range(world)]


def exact_sum(vectors):
    return np.array([math.fsum(column) for column in zip(*vectors, strict=True)], dtype=np.float64)


@points(5, group="ring", group_zh="环形归约")
@stated("ring", "ring-sizes", "same-bits", "tolerance", "traffic")
@hint(
    en="Whose sums does a rank hold when the first half is over? What if the vector is no multiple of the ring?",
    zh="前一半结束时，每个进程手里是哪一段的总和？向量长度不是进程数的倍数时怎么办？",
)
@given(seed=SEEDS, world=st.integers(2, 7), width=st.integers(0, 20))
@settings(max_examples=20)
def test_all_ranks_get_the_sum_bit_for_bit_alike(solution, seed, world, width):
    vectors = draw_vectors(seed, world, width)
    results, rounds, _ = solution.run(run_ring, vectors)
    assert_close(results, [exact_sum(vectors)] * world)
    assert_equal(results, [results[0]] * world)
    most = -(-width // world)
    assert all(message.ndim == 1 and len(message) <= most for messages in rounds for message in messages)


@points(2, group="ring", group_zh="环形归约")
@stated("traffic")
@hint(en="How much must a rank send, and how often?", zh="一个进程最少要发送多少数据，发送几次？")
@given(seed=SEEDS, world=st.integers(1, 6), share=st.integers(1, 4))
@settings(max_examples=12)
def test_each_rank_sends_about_twice_its_vector(solution, seed, world, share):
    _, rounds, _ = solution.run(run_ring, draw_vectors(seed, world, world * share))
    assert [len(messages) for messages in rounds] == [world] * (2 * world - 2) + [0]
    for messages in rounds:
        for message in messages:
            assert message.dtype == np.float64
            assert message.ndim == 1
            assert len(message) <= share


@points(1, group="independence", group_zh="结果独立于输入")
@stated("ring-independence", "traffic")
@hint(en="What do you add the neighbour's numbers to?", zh="邻居的数加到了哪里？")
def test_the_ring_changes_no_vector_and_shares_none(solution):
    for world in (1, 2, 4):
        vectors = draw_vectors(world, world, 6)
        results, _, after = solution.run(run_ring, vectors)
        assert_close(results, [exact_sum(vectors)] * world)
        assert_equal(after, vectors)
