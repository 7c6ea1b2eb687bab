"""Hidden checks of `gat-layer`; expectations come from loops over heads, nodes and neighbours."""

import math
from itertools import count

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
DOUBLE = torch.float64
TOLERANCE = {DOUBLE: 1e-10, torch.float32: 1e-4}


# ---- the oracle: Python's own floats -------------------------------------------------------------


def dot(one, other):
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def expected(X, A, W, a_src, a_dst, slope, concat=True):
    """Let every node of every head ask its neighbours, one after the other."""
    n, dtype = len(X), X.dtype
    X, heads = X.tolist(), list(zip(W.tolist(), a_src.tolist(), a_dst.tolist(), strict=True))
    outs, alphas = [], []
    for matrix, source, target in heads:
        Z = [[dot(x, column) for column in zip(*matrix, strict=True)] for x in X]
        alpha = [[0.0] * n for _ in range(n)]
        for i in range(n):
            heard = [j for j in range(n) if bool(A[i, j] != 0) or i == j]
            values = [dot(target, Z[i]) + dot(source, Z[j]) for j in heard]
            values = [value if value > 0 else slope * value for value in values]
            weights = [math.exp(value - max(values)) for value in values]
            for j, weight in zip(heard, weights, strict=True):
                alpha[i][j] = weight / math.fsum(weights)
        outs.append([[dot(row, column) for column in zip(*Z, strict=True)] for row in alpha])
        alphas.append(alpha)
    together = zip(*outs, strict=True)
    if concat:
        out = [[value for vector in vectors for value in vector] for vectors in together]
    else:
        out = [[math.fsum(column) / len(heads) for column in zip(*vectors, strict=True)] for vectors in together]
    return torch.tensor(out, dtype=DOUBLE).to(dtype), torch.tensor(alphas, dtype=DOUBLE).to(dtype)


# ---- worlds --------------------------------------------------------------------------------------


def draw(seed, n=5, heads=2, features=3, width=2, dtype=DOUBLE):
    """Draw features, a graph whose edges lead one way, and the weights of some heads."""
    rng = np.random.default_rng(seed)
    shapes = ((n, features), (heads, features, width), (heads, width), (heads, width))
    X, W, a_src, a_dst = (torch.from_numpy(rng.normal(size=shape)).to(dtype) for shape in shapes)
    return X, torch.from_numpy(rng.random((n, n)) < 0.4), W, a_src, a_dst


def draw_smooth(seed):
    """Draw a world away from the corner of leaky_relu, where differences say nothing."""
    worlds = (draw(attempt, 3, 2, 2, 2) for attempt in count(seed))
    world = next(world for world in worlds if smallest_logit(*world) > 1e-3)
    world[1][[0, 1, 2], [1, 2, 0]] = True
    return world


def smallest_logit(X, _, W, a_src, a_dst):
    return (X @ W @ a_dst[:, :, None] + (X @ W @ a_src[:, :, None]).mT).abs().min()


# ---- the layer -----------------------------------------------------------------------------------


@points(4, group="attention", group_zh="注意力")
@stated("layer", "arguments", "results", "heads", "tolerance")
@contract("the definition itself, against loops")
@hint(
    en="Write down one logit: whose vector meets a_dst, and whose meets a_src?",
    zh="写出一个打分：谁的向量与 a_dst 相乘，谁的与 a_src 相乘？",
)
@given(seed=SEEDS, n=st.integers(1, 6), heads=st.integers(1, 3), width=st.integers(1, 4))
@settings(max_examples=20)
def test_every_node_asks_its_neighbours(solution, seed, n, heads, width):
    world = draw(seed, n, heads, width=width)
    for concat in (True, False):
        assert_close(solution.gat(*world, 0.2, concat), expected(*world, 0.2, concat))
    single = [part.float() if part.is_floating_point() else part for part in world]
    assert_close(solution.gat(*single, 0.2), expected(*single, 0.2), rtol=TOLERANCE[torch.float32])


@points(2, group="attention", group_zh="注意力")
@stated("layer", "results")
@contract("what a softmax over neighbours means, in every row of every head")
@hint(
    en="What do the numbers of a row add up to, and where are they exactly 0?",
    zh="每一行的数之和是多少？哪些位置恰好为 0？",
)
@given(seed=SEEDS, n=st.integers(1, 7))
@settings(max_examples=10)
def test_rows_add_up_to_one_over_those_who_are_heard(solution, seed, n):
    X, A, *weights = draw(seed, n, 3)
    alpha = solution.gat(X * 3, A, *weights, 0.2)[1]
    assert_close(alpha.sum(dim=-1), torch.ones(3, n, dtype=DOUBLE))
    heard = A | torch.eye(n, dtype=torch.bool)
    assert ((alpha != 0) == heard).all()


@points(3, group="the graph", group_zh="图")
@stated("adjacency")
@hint(
    en="Which end of A[i, j] listens? What does the number 5 say, and what -1?",
    zh="A[i, j] 的哪一端在听？数 5 表示什么，-1 又表示什么？",
)
def test_what_the_matrix_says(solution, rng):
    X, _, *weights = draw(int(rng.integers(2**32)), 4)
    edges = torch.tensor([[0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0]])
    wanted = expected(X, edges, *weights, 0.2)
    loops = edges + torch.eye(4, dtype=torch.int64) * 3
    odd = edges * torch.tensor([5, -1, 2, -7])
    half = edges / 2
    for A in (
        edges,
        loops,
        odd,
        half,
        edges * -0.001,
        edges.bool(),
        loops.bool(),
        edges.to(torch.uint8),
        edges.float(),
    ):
        assert_close(solution.gat(X, A, *weights, 0.2), wanted)
    turned = edges.T.contiguous()
    assert_close(solution.gat(X, turned, *weights, 0.2), expected(X, turned, *weights, 0.2))


@points(2, group="the graph", group_zh="图")
@stated("adjacency", "layer")
@contract("the rows where a softmax over nothing would be NaN")
@hint(en="Whom does a node without neighbours listen to?", zh="没有邻居的节点听谁的？")
def test_lonely_nodes_listen_to_themselves(solution, rng):
    for dtype in (DOUBLE, torch.float32):
        X, _, *weights = draw(int(rng.integers(2**32)), 3, dtype=dtype)
        for A in (torch.zeros(3, 3), torch.diag(torch.tensor([1.0, 0.0, -1.0]))):
            out, alpha = solution.gat(X, A, *weights, 0.2)
            assert_equal(alpha, torch.eye(3, dtype=dtype).expand(2, 3, 3).clone())
            assert_close(out, torch.cat(list(X @ weights[0]), dim=1), rtol=TOLERANCE[dtype])


@points(2, group="numbers", group_zh="数值")
@stated("slope", "layer")
@contract("the slope at both ends of its range and between, on the same graph")
@hint(en="Where does the slope come in?", zh="slope 用在什么地方？")
def test_slopes(solution, rng):
    world = draw(int(rng.integers(2**32)), 6)
    for slope in (0.0, 0.01, 0.5, 1.0):
        assert_close(solution.gat(*world, slope), expected(*world, slope))


@points(2, group="numbers", group_zh="数值")
@stated("large", "layer")
@hint(en="What is exp(10000), and what is 0 divided by 0?", zh="exp(10000) 等于多少？0 除以 0 呢？")
def test_large_logits_stay_exact(solution):
    X = torch.tensor([[1.0], [2.0], [2.5], [-3.0]], dtype=DOUBLE)
    A = torch.tensor([[0, 1, 1, 0], [0, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]])
    W = torch.ones(2, 1, 1, dtype=DOUBLE)
    for source, target in ((3e3, 0.0), (-3e3, 1.0), (1e3, -2e3), (-1e3, -2e3), (0.5, 3e3)):
        a_src = torch.tensor([[source], [source / 7e3]], dtype=DOUBLE)
        a_dst = torch.tensor([[target], [target / 7e3]], dtype=DOUBLE)
        for slope in (0.2, 1.0):
            assert_close(solution.gat(X, A, W, a_src, a_dst, slope), expected(X, A, W, a_src, a_dst, slope))


# ---- heads ---------------------------------------------------------------------------------------


@points(2, group="heads", group_zh="多头")
@stated("heads", "results")
@contract("each head by itself against all together, whatever the layer computes")
@hint(en="Whose numbers stand in the first D columns?", zh="前 D 列是谁的数？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_heads_stand_behind_one_another_or_are_averaged(solution, seed):
    X, A, *weights = draw(seed, 4, 3)
    alone = [solution.gat(X, A, *(part[h : h + 1] for part in weights), 0.2) for h in range(3)]
    out, alpha = solution.gat(X, A, *weights, 0.2)
    assert_close(out, torch.cat([single for single, _ in alone], dim=1))
    assert_close(alpha, torch.cat([single for _, single in alone]))
    mean, same = solution.gat(X, A, *weights, 0.2, concat=False)
    assert_close(mean, sum(single for single, _ in alone) / 3)
    assert_equal(same, alpha)
    assert_close(solution.gat(X, A, *(part[:1] for part in weights), 0.2, False), alone[0])
    assert_close(out, expected(X, A, *weights, 0.2)[0])


@points(1, group="attention", group_zh="注意力")
@stated("layer", "adjacency")
@contract("two laws: nodes have no order, and without preferences a node averages whom it hears")
@hint(en="Does it matter which node is called 0?", zh="把哪个节点叫作 0，有影响吗？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_renaming_nodes_moves_rows(solution, seed):
    X, A, W, a_src, a_dst = draw(seed, 6)
    order = torch.randperm(6, generator=torch.Generator().manual_seed(seed))
    out, alpha = solution.gat(X, A, W, a_src, a_dst, 0.2)
    renamed = solution.gat(X[order], A[order][:, order], W, a_src, a_dst, 0.2)
    assert_close(renamed, (out[order], alpha[:, order][:, :, order]))
    heard = (A | torch.eye(6, dtype=torch.bool)).double()
    plain, _ = solution.gat(X, A, W, a_src * 0, a_dst * 0, 0.2, concat=False)
    assert_close(plain, heard / heard.sum(dim=1, keepdim=True) @ X @ W.mean(dim=0))


# ---- everything else -----------------------------------------------------------------------------


def gradients(module, world, upstream):
    """Return what reaches the four from both results, all in one row."""
    leaves = [part.clone().requires_grad_() if part.is_floating_point() else part for part in world]
    out, alpha = module.gat(*leaves, 0.3)
    ((out * upstream[0]).sum() + (alpha * upstream[1]).sum()).backward()
    return torch.cat([leaf.grad.flatten() for leaf in leaves if leaf.requires_grad])


def differences(world, upstream, place):
    """Move one number after the other a little to both sides."""
    result = torch.zeros_like(world[place])
    for k in range(result.numel()):
        values = []
        for step in (1e-5, -1e-5):
            moved = [part.clone() for part in world]
            moved[place].view(-1)[k] += step
            out, alpha = expected(*moved, 0.3)
            values.append(float((out * upstream[0]).sum() + (alpha * upstream[1]).sum()))
        result.view(-1)[k] = (values[0] - values[1]) / 2e-5
    return result


@points(2, group="gradients", group_zh="梯度")
@stated("gradients", "tolerance")
@hint(en="Does every weight feel what it does to both results?", zh="每个权重都能感受到它对两个结果的影响吗？")
@given(seed=SEEDS)
@settings(max_examples=3)
def test_gradients_reach_all_weights(solution, seed):
    world = draw_smooth(seed)
    source = torch.Generator().manual_seed(seed)
    upstream = [torch.randn(*shape, generator=source, dtype=DOUBLE) for shape in ((3, 4), (2, 3, 3))]
    # together, for the gradient of a_dst alone may vanish, and differences are never exactly 0
    wanted = torch.cat([differences(world, upstream, place).flatten() for place in (0, 2, 3, 4)])
    assert_close(solution.run(gradients, world, upstream), wanted, rtol=1e-5)


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Would your mask be broadcast?", zh="你的掩码会被广播吗？")
def test_matrices_of_another_size_are_refused(solution, rng):
    X, _, *weights = draw(int(rng.integers(2**32)), 3)
    for shape in ((2, 2), (4, 4), (3, 1), (1, 3), (1, 1), (3,), (2, 3, 3), (3, 2), (1, 3, 3), (3, 3, 1)):
        for A in (torch.ones(shape), torch.zeros(shape)):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.gat(X, A, *weights, 0.2)


def overwrite(module, *arguments):
    """Return the results as they were, and the arguments after the results have been overwritten."""
    results = module.gat(*arguments, 0.2, False)
    kept = [result.clone() for result in results]
    for result in results:
        result.fill_(9)
    return kept, arguments


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_arguments_stay_as_they_are(solution, rng):
    X, A, *weights = draw(int(rng.integers(2**32)), 4, 1)
    for matrix in (A, A.double(), A.long() * 3):
        kept, after = solution.run(overwrite, X, matrix, *weights)
        assert_close(kept, list(expected(X, matrix, *weights, 0.2, concat=False)))
        assert_equal(after, (X, matrix, *weights))
