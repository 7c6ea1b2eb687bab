"""Hidden checks of `graph-readout`; expectations come from Python lists, one graph after the other."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
NAMES = ("segment_sum", "segment_mean", "segment_max")
POOLS = {"segment_sum": math.fsum, "segment_mean": lambda values: math.fsum(values) / len(values), "segment_max": max}
DOUBLE = torch.float64


# ---- the oracle ----------------------------------------------------------------------------------


def expected(name, x, batch, n_graphs):
    """Pool list by list; an empty one gives 0."""
    rows = []
    for graph in range(n_graphs):
        members = [row for row, number in zip(x.tolist(), batch.tolist(), strict=True) if number == graph]
        rows.append([POOLS[name]([row[k] for row in members]) if members else 0.0 for k in range(x.shape[1])])
    return torch.tensor(rows, dtype=DOUBLE).reshape(n_graphs, x.shape[1]).to(x.dtype)


def expected_gradient(name, x, batch, upstream):
    """Return what of the gradient reaches each node."""
    values, graphs, result = x.tolist(), batch.tolist(), torch.zeros_like(x)
    for n, graph in enumerate(graphs):
        members = [m for m, number in enumerate(graphs) if number == graph]
        for k, value in enumerate(values[n]):
            column = [values[m][k] for m in members]
            share = {
                "segment_sum": 1.0,
                "segment_mean": 1 / len(members),
                "segment_max": (value == max(column)) / column.count(max(column)),
            }[name]
            result[n, k] = upstream[graph, k] * share
    return result


def generator(seed):
    return torch.Generator().manual_seed(seed)


def draw(seed, nodes, graphs, features=3):
    """Draw nodes in any order, so that graphs interleave and some may be empty."""
    source = generator(seed)
    x = torch.randn(nodes, features, generator=source, dtype=DOUBLE) * 4 - 3
    return x, torch.randint(0, graphs, (nodes,), generator=source)


def pooled(module, calls):
    """Make several calls in one visit."""
    return [getattr(module, name)(*arguments) for name, *arguments in calls]


def gradients(module, name, x, batch, n_graphs, upstream):
    """Return what reaches the nodes."""
    leaf = x.clone().requires_grad_()
    (getattr(module, name)(leaf, batch, n_graphs) * upstream).sum().backward()
    return leaf.grad


def logit_gradients(module, x, batch, n_graphs, W, b, upstream):
    leaves = [tensor.clone().requires_grad_() for tensor in (x, W, b)]
    logits = module.graph_logits(leaves[0], batch, n_graphs, *leaves[1:])
    (logits * upstream).sum().backward()
    return [logits.detach(), *(leaf.grad for leaf in leaves)]


# ---- pooling --------------------------------------------------------------------------------------


@points(3, group="pooling", group_zh="池化")
@stated("pooling", "rows", "arguments", "tolerance")
@contract("the definitions on interleaved graphs, in both dtypes")
@hint(en="Over which numbers is each result taken?", zh="每个结果是对哪些数求的？")
@given(seed=SEEDS, nodes=st.integers(0, 12), graphs=st.integers(1, 5))
@settings(max_examples=25)
def test_each_graph_is_pooled_by_itself(solution, seed, nodes, graphs):
    x, batch = draw(seed, nodes, graphs)
    calls = [(name, x.to(dtype), batch, graphs) for name in NAMES for dtype in (DOUBLE, torch.float32)]
    assert_close(solution.run(pooled, calls), [expected(*call) for call in calls])


@points(2, group="pooling", group_zh="池化")
@stated("pooling", "empty")
@hint(en="Where does the search for the largest number begin?", zh="寻找最大值时，从哪里开始比较？")
def test_the_largest_of_negative_numbers_is_negative(solution, rng):
    for dtype in (torch.float32, DOUBLE):
        x = -rng.tensor(7, 2, dtype=dtype).abs() - 0.25
        batch = torch.tensor([4, 1, 4, 1, 0, 4, 1])
        for numbers in (x, x * 1e30, -x):
            assert_equal(solution.segment_max(numbers, batch, 6), expected("segment_max", numbers, batch, 6))


@points(2, group="graphs without nodes", group_zh="没有节点的图")
@stated("empty", "rows")
@contract("every place where an empty graph can stand, each in every run")
@hint(en="How many rows has the result, whoever occurs in the batch?", zh="无论批次里出现了哪些图，结果应有几行？")
def test_graphs_without_nodes_give_zeros(solution, rng):
    x = rng.tensor(4, 2)
    for batch, graphs in ([0, 0, 0, 0], 3), ([2, 2, 2, 2], 3), ([1, 4, 1, 4], 7), ([0, 3, 3, 0], 4):
        calls = [(name, x, torch.tensor(batch), graphs) for name in NAMES]
        assert_close(solution.run(pooled, calls), [expected(*call) for call in calls])
    nobody = torch.zeros(0, dtype=torch.int64)
    for features, graphs in ((2, 3), (2, 0), (0, 2)):
        results = solution.run(pooled, [(name, torch.zeros(0, features), nobody, graphs) for name in NAMES])
        assert_equal(results, [torch.zeros(graphs, features)] * 3)


@points(2, group="pooling", group_zh="池化")
@stated("rows")
@contract("the laws of a batch: order within it means nothing, and graphs do not see each other")
@hint(en="What changes when somebody else's node does?", zh="别人的节点变了，自己会变吗？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_order_and_other_graphs_mean_nothing(solution, seed):
    x, batch = draw(seed, 9, 4)
    batch[:4] = torch.arange(4)
    order = torch.randperm(9, generator=generator(seed))
    other = torch.where((batch == 2)[:, None], x * 3 + 50, x)
    calls = [(name, *nodes, 4) for name in NAMES for nodes in ((x, batch), (x[order], batch[order]), (other, batch))]
    results = solution.run(pooled, calls)
    for plain, shuffled, changed in (results[:3], results[3:6], results[6:]):
        assert_close(shuffled, plain)
        assert_close(changed[[0, 1, 3]], plain[[0, 1, 3]])
        assert (changed[2] > plain[2] + 1).all()


# ---- gradients ------------------------------------------------------------------------------------


@points(3, group="gradients", group_zh="梯度")
@stated("gradients", "tolerance")
@contract("the definition of the gradients against loops")
@hint(en="What does each node get back from its graph's row?", zh="每个节点从它那张图的一行得到多少梯度？")
@given(seed=SEEDS, nodes=st.integers(1, 8))
@settings(max_examples=10)
def test_gradients_reach_the_nodes(solution, seed, nodes):
    x, batch = draw(seed, nodes, 3)
    upstream = torch.randn(5, 3, generator=generator(seed + 1), dtype=DOUBLE)
    for name in NAMES:
        result = solution.run(gradients, name, x, batch, 5, upstream)
        assert_close(result, expected_gradient(name, x, batch, upstream))


@points(2, group="gradients", group_zh="梯度")
@stated("gradients")
@hint(en="Two nodes hold the largest number. Who gets the gradient?", zh="两个节点都是最大值，梯度归谁？")
def test_equal_largest_numbers_share_the_gradient(solution, rng):
    batch = torch.tensor([1, 0, 1, 1, 0, 3])
    for top in (2.0, -1.5):
        x = torch.tensor([[top, -9], [-3, top], [top, top], [-9, -9], [-5, top], [top, -4]], dtype=DOUBLE)
        upstream = rng.tensor(5, 2, dtype=DOUBLE)
        result = solution.run(gradients, "segment_max", x, batch, 5, upstream)
        assert_close(result, expected_gradient("segment_max", x, batch, upstream))


@points(1, group="gradients", group_zh="梯度")
@stated("gradients")
@hint(
    en="Nodes after a ReLU are often 0. Does the row you began with hold a 0 too?",
    zh="经过 ReLU 的节点常常是 0。你一开始的那一行里也有 0 吗？",
)
def test_a_largest_number_of_zero_is_no_exception(solution, rng):
    x = torch.tensor([[0.0, -9.0], [-3.0, 0.0], [-1.0, -2.0], [-2.0, -4.0]], dtype=DOUBLE)
    batch, upstream = torch.tensor([0, 0, 0, 1]), rng.tensor(2, 2, dtype=DOUBLE)
    result = solution.run(gradients, "segment_max", x, batch, 2, upstream)
    assert_close(result, expected_gradient("segment_max", x, batch, upstream))


# ---- the classifier -------------------------------------------------------------------------------


@points(3, group="graph logits", group_zh="整图的 logits")
@stated("logits", "empty", "tolerance")
@hint(en="How many logits has a graph, and what comes after them?", zh="一张图有几个 logit？之后还有什么？")
@given(seed=SEEDS, nodes=st.integers(1, 9), classes=st.integers(1, 4))
@settings(max_examples=12)
def test_logits_and_their_gradients(solution, seed, nodes, classes):
    x, batch = draw(seed, nodes, 4)
    source = generator(seed + 2)
    shapes = ((3, classes), (classes,), (6, classes))
    W, b, upstream = (torch.randn(*shape, generator=source, dtype=DOUBLE) for shape in shapes)
    means = expected("segment_mean", x, batch, 6)
    logits = torch.stack([(row[:, None] * W).sum(dim=0) + b for row in means])
    to_means = torch.stack([(W * row).sum(dim=1) for row in upstream])
    to_nodes = expected_gradient("segment_mean", x, batch, to_means)
    to_weights = sum(row[:, None] * up for row, up in zip(means, upstream, strict=True))
    results = solution.run(logit_gradients, x, batch, 6, W, b, upstream)
    assert_close(results, [logits, to_nodes, to_weights, upstream.sum(dim=0)])


# ---- everything else ------------------------------------------------------------------------------


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="What does your tool do with -1?", zh="你所用的函数会怎样处理 -1？")
def test_batches_that_do_not_fit_are_refused(solution):
    x, batch = torch.ones(3, 2), torch.tensor([0, 1, 1])
    wrong = [
        (x, torch.tensor(numbers), 3) for numbers in ([0, 1, 3], [0, -1, 2], [0, 1], [0, 1, 2, 2], [[0], [1], [2]])
    ]
    wrong += [(x, batch, 1), (x, batch, 0), (x[:, 0], batch, 2), (x[:, :, None], batch, 2), (x[:1], batch, 2)]
    for name in (*NAMES, "graph_logits"):
        more = (torch.ones(2, 4), torch.ones(4)) if name == "graph_logits" else ()
        for arguments in wrong:
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                getattr(solution, name)(*arguments, *more)


def overwrite(module, x, batch, n_graphs):
    """Return the results as they were, and the arguments after the results have been overwritten."""
    results = [getattr(module, name)(x, batch, n_graphs) for name in NAMES]
    kept = [result.clone() for result in results]
    for result in results:
        result.fill_(77)
    return kept, x, batch


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs", "rows")
@contract("independence by itself, so that the report names it")
@hint(en="Is every result a new tensor?", zh="每个结果都是新的张量吗？")
def test_results_are_new_and_arguments_unchanged(solution, rng):
    x, batch = rng.tensor(4, 2), torch.tensor([1, 3, 0, 2])
    results, *after = solution.run(overwrite, x, batch, 4)
    assert_close(results, [expected(name, x, batch, 4) for name in NAMES])
    assert_equal(after, [x, batch])


@performance(
    points=2, of="segment_max", group="speed", group_zh="速度", at_least=5.0, times_faster_than="graph_by_graph"
)
@stated("speed")
def many_graphs(rng):
    return (rng.tensor(8000, 8), torch.from_numpy(rng.integers(0, 1000, size=8000)), 1000), {}
