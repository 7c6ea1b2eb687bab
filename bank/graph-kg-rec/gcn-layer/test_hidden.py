"""Hidden checks of `gcn-layer`; expectations come from loops over nodes and their neighbours."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SHAPES = ((2, 3), 3, (3, 2), 2)


# ---- the oracle: plain floats, one node after the other -------------------------------------------


def expected_matrix(A):
    rows = [[float(value) + (i == j) for j, value in enumerate(row)] for i, row in enumerate(A.tolist())]
    degrees = [math.fsum(row) for row in rows]
    scaled = [
        [value / math.sqrt(degrees[i]) / math.sqrt(degrees[j]) for j, value in enumerate(row)]
        for i, row in enumerate(rows)
    ]
    return np.array(scaled, dtype=np.float64).reshape(A.shape)


def mixed(matrix, rows):
    """Let every node add up what its neighbours say."""
    width = len(rows[0])
    return [[math.fsum(s * row[k] for s, row in zip(line, rows, strict=True)) for k in range(width)] for line in matrix]


def transformed(rows, W, b):
    columns = [[bias, *column] for bias, column in zip(b.tolist(), zip(*W.tolist(), strict=True), strict=True)]
    return [[math.fsum(x * w for x, w in zip([1, *row], column, strict=True)) for column in columns] for row in rows]


def expected_logits(X, A, W1, b1, W2, b2):
    matrix = expected_matrix(A).tolist()
    hidden = transformed(mixed(matrix, X.tolist()), W1, b1)
    hidden = [[max(value, 0.0) for value in row] for row in hidden]
    return np.array(transformed(mixed(matrix, hidden), W2, b2))


# ---- worlds ---------------------------------------------------------------------------------------


def draw_weights(rng):
    return [rng.normal(size=shape) for shape in SHAPES]


def draw_graph(rng, count, share=0.4):
    """Draw a graph with weights, loops among them."""
    upper = np.triu(rng.uniform(0.1, 5, size=(count, count)) * (rng.random((count, count)) < share))
    return upper + np.triu(upper, 1).T


def matrix_of(edges, count):
    A = np.zeros((count, count))
    for i, j in edges.tolist():
        if i != j:
            A[i, j] = A[j, i] = 1
    return A


# ---- normalise ------------------------------------------------------------------------------------


@points(3, group="normalisation", group_zh="归一化")
@stated("normalise", "adjacency", "tolerance")
@contract("the definition itself, on graphs with weights and loops")
@hint(
    en="What exactly is summed to get a degree, and on which side does it divide?",
    zh="度数是对什么求和？它除在哪一边？",
)
@given(seed=SEEDS, count=st.integers(1, 7))
@settings(max_examples=20)
def test_the_matrix_is_normalised_on_both_sides(solution, seed, count):
    A = draw_graph(np.random.default_rng(seed), count)
    assert_close(solution.normalise(A), expected_matrix(A))


@points(2, group="normalisation", group_zh="归一化")
@stated("isolated", "normalise")
@contract("the division by zero that the loops prevent, node by node and exactly")
@hint(en="What is the degree of a node without edges?", zh="没有边的节点，度数是多少？")
def test_nodes_without_edges_keep_themselves(solution, rng):
    for count in (1, 2, 5):
        assert_equal(solution.normalise(np.zeros((count, count))), np.eye(count))
    A = draw_graph(rng, 5, share=1.0)
    A[2] = A[:, 2] = 0
    assert_close(solution.normalise(A), expected_matrix(A))


@points(2, group="normalisation", group_zh="归一化")
@stated("normalise", "adjacency")
@contract("what the normalisation is for: no layer can blow the features up, whatever the degrees")
@hint(en="How large can an eigenvalue be?", zh="特征值最大能有多大？")
@given(seed=SEEDS, count=st.integers(2, 8))
@settings(max_examples=10)
def test_the_matrix_is_symmetric_with_eigenvalues_up_to_one(solution, seed, count):
    A = draw_graph(np.random.default_rng(seed), count) * 50
    S = solution.normalise(A)
    assert_close(S, S.T.copy())
    values = np.linalg.eigvalsh(S)
    assert abs(values[-1] - 1) < 1e-9
    assert values[0] > -1
    degrees = A.sum(axis=1) + 1
    assert_close(S @ np.sqrt(degrees), np.sqrt(degrees))


@points(2, group="types", group_zh="类型")
@stated("dtypes", "adjacency")
@contract("the types of an adjacency matrix by name; half of them fail nowhere else")
@hint(en="What is 255 + 1 in uint8, and True + True?", zh="uint8 的 255 + 1 是多少？True + True 呢？")
def test_any_type_of_number_gives_true_sums(solution, rng):
    full = np.triu(np.full((4, 4), 255))
    wholes = np.maximum(full, full.T) * (rng.random(4) < 2)
    wholes[0, 3] = wholes[3, 0] = 0
    for dtype in (np.uint8, np.int16, np.int64, np.float32):
        assert_close(solution.normalise(wholes.astype(dtype)), expected_matrix(wholes))
    assert_close(solution.normalise((wholes // 3).astype(np.int8)), expected_matrix(wholes // 3))
    flags = wholes > 0
    assert_close(solution.normalise(flags), expected_matrix(flags))
    odd = (draw_graph(rng, 5) / 7).astype(np.float32)
    assert_close(solution.normalise(odd), expected_matrix(odd))


# ---- the network ----------------------------------------------------------------------------------


@points(4, group="two layers", group_zh="两层网络")
@stated("network", "tolerance")
@contract("the definition of the network against loops")
@hint(en="Which steps has each layer, and what follows the last?", zh="每一层有哪几步？最后一层之后还有什么？")
@given(seed=SEEDS, count=st.integers(1, 7))
@settings(max_examples=20)
def test_logits_are_those_of_two_layers(solution, seed, count):
    rng = np.random.default_rng(seed)
    X, A, weights = rng.normal(size=(count, 2)), draw_graph(rng, count), draw_weights(rng)
    assert_close(solution.gcn(X, A, *weights), expected_logits(X, A, *weights))


@points(2, group="two layers", group_zh="两层网络")
@stated("network", "sparse")
@contract("what two layers can see, whatever the numbers")
@hint(en="How far does news travel in two layers?", zh="两层之内，消息能传多远？")
def test_two_hops_matter_and_three_do_not(solution, rng):
    edges = np.array([[0, 1], [2, 1], [2, 3], [3, 4]])
    X = rng.uniform(1, 2, size=(5, 2))
    weights = [rng.uniform(0.5, 1, size=shape) for shape in SHAPES]
    for call, graph in ((solution.gcn, matrix_of(edges, 5)), (solution.gcn_sparse, edges)):
        before = call(X, graph, *weights)
        for place in (2, 3):
            other = X.copy()
            other[place] += 1
            after = call(other, graph, *weights)
            assert (after[1] > before[1] + 1e-3).all()
            assert (after[0] > before[0] + 1e-3).all() == (place == 2)
            assert (after[0] == before[0]).all() == (place == 3)


@points(2, group="two layers", group_zh="两层网络")
@stated("network", "sparse")
@contract("a law of both forms: nodes have no order")
@hint(en="Does it matter which node is called 0?", zh="把哪个节点叫作 0，有影响吗？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_renaming_nodes_moves_rows(solution, seed):
    rng = np.random.default_rng(seed)
    X, edges, weights = rng.normal(size=(6, 2)), rng.integers(0, 6, size=(7, 2)), draw_weights(rng)
    order = rng.permutation(6)
    places = np.argsort(order)
    A = matrix_of(edges, 6)
    assert_close(solution.gcn(X[order], A[order][:, order], *weights), expected_logits(X, A, *weights)[order])
    renamed = solution.gcn_sparse(X[order], places[edges], *weights)
    assert_close(renamed, expected_logits(X, A, *weights)[order])


@points(2, group="types", group_zh="类型")
@stated("dtypes", "network", "sparse")
@hint(en="In which precision do you multiply?", zh="你用什么精度做乘法？")
@given(seed=SEEDS)
@settings(max_examples=6)
def test_features_and_weights_of_low_precision_are_widened(solution, seed):
    rng = np.random.default_rng(seed)
    edges = np.array([[0, 1], [1, 2], [2, 3], [3, 0]])
    for dtype in (np.float32, np.int8):
        X = rng.integers(90, 120, size=(4, 2)).astype(dtype) / dtype(1 if dtype is np.int8 else 7)
        X, weights = X.astype(dtype), [(100 * w).astype(dtype) for w in draw_weights(rng)]
        expected = expected_logits(X, matrix_of(edges, 4), *weights)
        assert_close(solution.gcn(X, matrix_of(edges, 4), *weights), expected)
        assert_close(solution.gcn_sparse(X, edges.astype(np.uint8), *weights), expected)


# ---- the sparse form ------------------------------------------------------------------------------


@points(3, group="edges instead of a matrix", group_zh="用边代替矩阵")
@stated("sparse", "duplicates", "loops")
@contract("the definition of the sparse form, on lists of every kind")
@hint(en="How often does an edge count that is listed twice?", zh="列出两次的边，算几次？")
@given(seed=SEEDS, count=st.integers(1, 6), lines=st.integers(0, 12))
@settings(max_examples=25)
def test_an_edge_counts_once_however_it_is_listed(solution, seed, count, lines):
    rng = np.random.default_rng(seed)
    X, weights = rng.normal(size=(count, 2)), draw_weights(rng)
    edges = rng.integers(0, count, size=(lines, 2))
    expected = expected_logits(X, matrix_of(edges, count), *weights)
    for listed in (edges, np.concatenate([edges, edges[:, ::-1]]), np.repeat(edges[::-1], 3, axis=0)):
        assert_close(solution.gcn_sparse(X, listed, *weights), expected)


@points(2, group="edges instead of a matrix", group_zh="用边代替矩阵")
@stated("duplicates", "loops", "sparse")
@contract("each rule of the list by itself, so that the report names it")
@hint(
    en="Take each edge once, in both directions, and no loop from the list.",
    zh="每条边只取一次，两个方向都要有，列表中的自环不算。",
)
def test_loops_and_repeated_edges_one_by_one(solution, rng):
    X, weights = rng.normal(size=(4, 2)), draw_weights(rng)
    path = np.array([[0, 1], [1, 2]])
    expected = expected_logits(X, matrix_of(path, 4), *weights)
    for more in ([], [[1, 1]], [[3, 3], [3, 3]], [[1, 0]], [[0, 1]], [[2, 1], [1, 2]]):
        edges = np.concatenate([path, np.array(more, dtype=np.int64).reshape(-1, 2)])
        assert_close(solution.gcn_sparse(X, edges, *weights), expected)
        assert_close(solution.gcn_sparse(X, edges[:, ::-1], *weights), expected)
    alone = expected_logits(X, np.zeros((4, 4)), *weights)
    assert_close(solution.gcn_sparse(X, np.zeros((0, 2), dtype=np.int64), *weights), alone)


# ---- everything else ------------------------------------------------------------------------------


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which matrices are no undirected graph?", zh="哪些矩阵不是无向图的邻接矩阵？")
def test_matrices_that_are_no_graph_are_refused(solution, rng):
    weights = draw_weights(rng)
    wrong = [np.ones((2, 3)), np.ones(4), np.ones((2, 2, 2)), np.array([[0.0, 1.0], [2.0, 0.0]])]
    for bad in (-1.0, math.nan, math.inf, -math.inf):
        wrong += [np.array([[0.0, bad], [bad, 0.0]]), np.array([[bad, 3.0], [3.0, 1.0]])]
    for A in wrong:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.normalise(A)
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.gcn(np.ones((len(A), 2)), A, *weights)
    for rows, A in ((3, np.zeros((2, 2))), (1, np.zeros((2, 2))), (2, np.zeros((1, 1))), (0, np.zeros((1, 1)))):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.gcn(np.ones((rows, 2)), A, *weights)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "sparse")
@hint(en="What does NumPy do with the index -1?", zh="NumPy 会怎样处理下标 -1？")
def test_edges_to_nowhere_are_refused(solution, rng):
    weights = draw_weights(rng)
    for edge in ([0, 3], [3, 0], [-1, 0], [1, -3], [3, 3], [-1, -1], [-4, 2]):
        for edges in ([edge], [[0, 1], edge, [1, 2]]):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.gcn_sparse(np.ones((3, 2)), np.array(edges), *weights)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.gcn_sparse(np.ones((0, 2)), np.array([[0, 0]]), *weights)


@points(1, group="shapes", group_zh="形状")
@stated("errors", "network", "sparse")
@contract("the smallest graph, which all three must take")
@hint(en="Is a graph without nodes a graph?", zh="没有节点的图也是图吗？")
def test_graphs_without_nodes(solution, rng):
    weights = draw_weights(rng)
    assert_equal(solution.normalise(np.zeros((0, 0))), np.zeros((0, 0)))
    assert_equal(solution.gcn(np.zeros((0, 2)), np.zeros((0, 0)), *weights), np.zeros((0, 2)))
    nothing = np.zeros((0, 2), dtype=np.int64)
    assert_equal(solution.gcn_sparse(np.zeros((0, 2)), nothing, *weights), np.zeros((0, 2)))


def call_all(module, X, A, edges, weights):
    """Call all three; return what they say and the arguments afterwards."""
    results = module.normalise(A), module.gcn(X, A, *weights), module.gcn_sparse(X, edges, *weights)
    return results, (X, A, edges, weights)


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_arguments_stay_as_they_are(solution, rng):
    edges = np.array([[3, 0], [2, 2], [0, 3], [1, 3]])
    arguments = rng.normal(size=(4, 2)), matrix_of(edges, 4), edges, draw_weights(rng)
    results, after = solution.run(call_all, *arguments)
    X, A, _, weights = arguments
    logits = expected_logits(X, A, *weights)
    assert_close(results, (expected_matrix(A), logits, logits))
    assert_equal(after, arguments)


@performance(
    points=2, of="gcn_sparse", group="speed", group_zh="速度", at_least=3.0, times_faster_than="fills_the_matrix"
)
@stated("speed")
def many_nodes(rng):
    weights = [rng.normal(size=shape) for shape in ((8, 8), 8, (8, 4), 4)]
    return (rng.normal(size=(1500, 8)), rng.integers(0, 1500, size=(6000, 2)), *weights), {}
