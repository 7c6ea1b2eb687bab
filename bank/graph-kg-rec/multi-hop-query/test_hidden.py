"""Hidden checks of `multi-hop-query`; expectations come from Boolean matrices and from all orders of entities."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
ENTITIES, RELATIONS = ["a", "b", "B", "c", "北京"], ["in", "of", "a"]
TRIPLES = st.lists(
    st.tuples(st.sampled_from(ENTITIES), st.sampled_from(RELATIONS), st.sampled_from(ENTITIES)), max_size=14
)
HOPS = st.lists(st.sampled_from([*RELATIONS, "unknown"] + RELATIONS * 3), max_size=4)


# ---- the oracle ----------------------------------------------------------------------------------


def expected_follow(triples, queries):
    """Multiply a row by a Boolean matrix for each relation."""
    names = sorted({name for head, _, tail in triples for name in (head, tail)} | {start for start, _ in queries})
    matrices = {}
    for head, relation, tail in triples:
        matrix = matrices.setdefault(relation, np.zeros((len(names), len(names)), dtype=bool))
        matrix[names.index(head), names.index(tail)] = True
    answers = []
    for start, relations in queries:
        row = np.array([name == start for name in names])
        for relation in relations:
            row = (row[:, None] & matrices.get(relation, np.zeros((len(names),) * 2, dtype=bool))).any(axis=0)
        answers.append([name for name, there in zip(names, row, strict=True) if there])
    return answers


def expected_paths(triples, a, b, max_hops):
    """Try all orders of what may lie between."""
    if a == b:
        return [[]]
    names = {name for head, _, tail in triples for name in (head, tail)} - {a, b}
    found = []
    for count in range(min(max_hops, len(names) + 1)):
        for between in itertools.permutations(names, count):
            steps = itertools.pairwise([a, *between, b])
            edges = [sorted({t for t in triples if (t[0], t[2]) == step}) for step in steps]
            found += [list(path) for path in itertools.product(*edges)]
    return sorted(found, key=lambda path: (len(path), path))


# ---- follow --------------------------------------------------------------------------------------


@points(4, group="following relations", group_zh="沿关系前进")
@stated("follow", "arrival", "unknown", "triples")
@contract("the definition against products of Boolean matrices")
@hint(en="What is the set after each hop?", zh="每一跳之后，集合里有什么？")
@given(triples=TRIPLES, queries=st.lists(st.tuples(st.sampled_from([*ENTITIES, "nobody"]), HOPS), max_size=4))
@settings(max_examples=25)
def test_queries_arrive_where_matrices_say(solution, triples, queries):
    assert_equal(solution.follow(triples, queries), expected_follow(triples, queries))


@points(3, group="following relations", group_zh="沿关系前进")
@stated("follow", "arrival", "unknown", "triples")
@contract("each rule of a query by itself, so that the report names it")
@hint(en="May an answer be the start? May a relation be followed backwards?", zh="答案可以是起点吗？关系可以反着走吗？")
def test_special_cases_of_queries(solution):
    triples = [("x", "r", "y"), ("x", "r", "z"), ("y", "r", "x"), ("y", "s", "w"), ("z", "s", "w"), ("x", "s", "x")]
    cases = [
        ("x", ["r"], {"y", "z"}),
        ("x", ["r", "r"], {"x"}),
        ("x", ["r", "s"], {"w"}),
        ("x", ["s", "r"], {"y", "z"}),
        ("x", ["s", "s", "s"], {"x"}),
        ("z", ["r"], set()),
        ("w", ["s"], set()),
        ("x", ["r", "none"], set()),
        ("x", ["none", "r"], set()),
        ("x", [], {"x"}),
        ("nobody", [], {"nobody"}),
        ("nobody", ["r"], set()),
        ("r", ["r"], set()),
        ("x", ["r", "r", "r"], {"y", "z"}),
    ]
    queries = [(start, relations) for start, relations, _ in cases]
    for listed in (triples, triples[::-1], triples * 2):
        assert_equal(solution.follow(listed, queries), [sorted(answer) for *_, answer in cases])
    assert_equal(solution.follow(triples, []), [])
    assert_equal(solution.follow([], queries[:1]), [[]])


@points(2, group="following relations", group_zh="沿关系前进")
@stated("follow", "speed", "arrival")
@contract("the law of composition, and many hops in a graph with more ways than atoms in the universe")
@hint(en="Do you follow ways, or sets?", zh="你追踪的是一条条路，还是集合？")
@given(triples=TRIPLES, first=HOPS, second=HOPS)
@settings(max_examples=15)
def test_hops_compose(solution, triples, first, second):
    [middle] = solution.follow(triples, [("b", first)])
    whole, *parts = solution.follow(triples, [("b", first + second), *((name, second) for name in middle)])
    assert_equal(whole, sorted(set().union(*parts)))
    ring = [(str(i), "on", str((i + step) % 7)) for i in range(7) for step in (1, 3)]
    [answer] = solution.follow(ring, [("0", ["on"] * 60)])
    assert_equal(answer, [str(i) for i in range(7)])


@performance(
    points=2, of="follow", group="speed", group_zh="速度", at_least=3.0, times_faster_than="all_triples_at_every_hop"
)
@stated("speed")
def many_queries(rng):
    heads, tails = rng.integers(0, 300, size=(2, 800))
    names = [f"r{number}" for number in range(2)]
    triples = [(f"e{h}", names[r], f"e{t}") for h, r, t in zip(heads, rng.integers(0, 2, size=800), tails, strict=True)]
    queries = [(f"e{rng.integers(300)}", [names[r] for r in rng.integers(0, 2, size=6)]) for _ in range(120)]
    return (triples, queries), {}


# ---- paths ---------------------------------------------------------------------------------------


@points(4, group="paths", group_zh="路径")
@stated("paths", "order", "parallel", "triples")
@contract("the definition against all orders of entities")
@hint(en="Which entities may a path not visit?", zh="路径不能再经过哪些实体？")
@given(triples=TRIPLES, ends=st.permutations(ENTITIES), max_hops=st.integers(0, 5))
@settings(max_examples=25)
def test_all_simple_paths(solution, triples, ends, max_hops):
    a, b = ends[:2]
    assert_equal(solution.paths(triples, a, b, max_hops), expected_paths(triples, a, b, max_hops))


@points(2, group="paths", group_zh="路径")
@stated("paths", "order", "parallel", "triples")
@contract("each rule of a path on one graph that has all of them")
@hint(
    en="A diamond has two paths through different middles. Do you find both, and in order?",
    zh="菱形图有两条中点不同的路径，你都找到了吗？次序对吗？",
)
def test_diamonds_cycles_and_limits(solution):
    edges = [("s", "r", "m"), ("s", "r", "k"), ("m", "r", "t"), ("k", "r", "t"), ("k", "q", "t"), ("t", "r", "s")]
    edges += [("m", "q", "k"), ("k", "a", "m"), ("t", "r", "end"), ("s", "zz", "t"), ("s", "r", "s"), ("end", "r", "t")]
    for a, b in itertools.permutations(["s", "t", "end", "m"], 2):
        for max_hops in range(5):
            wanted = expected_paths(edges, a, b, max_hops)
            for listed in (edges, edges[::-1] + edges[:3]):
                assert_equal(solution.paths(listed, a, b, max_hops), wanted)
    for a, b in (("s", "nobody"), ("nobody", "t")):
        assert_equal(solution.paths(edges, a, b, 5), [])


@points(1, group="paths", group_zh="路径")
@stated("same-ends", "paths")
@hint(en="How many edges has the way from here to here?", zh="从这里到这里要走几条边？")
def test_from_an_entity_to_itself(solution):
    triples = [("a", "r", "a"), ("a", "r", "b"), ("b", "r", "a")]
    for name in ("a", "b", "nobody"):
        for max_hops in (0, 1, 3):
            assert_equal(solution.paths(triples, name, name, max_hops), [[]])


@points(1, group="paths", group_zh="路径")
@stated("paths")
@contract("a search without a limit does not end in a crowd")
@hint(
    en="Do you stop at the limit, or search everything and choose afterwards?",
    zh="你是到了上限就停，还是先搜索全部再挑选？",
)
def test_the_limit_ends_the_search(solution):
    names = [f"{i:02d}" for i in range(13)]
    crowd = [(a, "r", b) for a, b in itertools.permutations(names, 2)]
    through = [[("00", "r", middle), (middle, "r", "12")] for middle in names[1:-1]]
    assert_equal(solution.paths(crowd, "00", "12", 2), [[("00", "r", "12")], *through])


# ---- embeddings ----------------------------------------------------------------------------------


def expected_nearest(E, R, start, relations, k):
    columns = zip(E[start].tolist(), *(R[relation].tolist() for relation in relations), strict=True)
    query = [math.fsum(column) for column in columns]
    return sorted(range(len(E)), key=lambda i: (math.dist(E[i].tolist(), query), i))[:k]


@points(3, group="embeddings", group_zh="嵌入")
@stated("embedding", "candidates")
@contract("the definition on plain numbers")
@hint(en="What is added up, and whose distance is measured?", zh="哪些向量相加？量的是谁的距离？")
@given(seed=SEEDS, relations=st.lists(st.integers(0, 2), max_size=4), k=st.integers(0, 9))
@settings(max_examples=25)
def test_nearest_entities_come_first(solution, seed, relations, k):
    rng = np.random.default_rng(seed)
    E, R = rng.normal(size=(7, 3)), rng.normal(size=(3, 3))
    start = int(rng.integers(7))
    assert_equal(solution.follow_emb(E, R, start, relations, k), expected_nearest(E, R, start, relations, k))


@points(2, group="embeddings", group_zh="嵌入")
@stated("embedding", "candidates")
@hint(en="Who comes first at equal distances? Is the start an answer?", zh="距离相等时谁在前？起点能当答案吗？")
def test_equal_distances_and_repeated_relations(solution):
    E = np.array([[3, 0], [1, 1], [2, 1], [2, -1], [1, 1], [1, 0], [9, 9], [2, 0], [3, 0], [1, -1], [0, 0]] * 3, float)
    R = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    for start, relations in (
        (10, [0, 0]),
        (5, []),
        (5, [1, 2]),
        (9, [1, 0]),
        (10, [0, 0, 0]),
        (2, [2, 2]),
        (7, [0, 0]),
    ):
        for k in (0, 1, 4, 20, 33, 34, 99):
            wanted = expected_nearest(E, R, start, relations, k)
            assert_equal(solution.follow_emb(E, R, start, relations, k), wanted)


@points(2, group="embeddings", group_zh="嵌入")
@stated("embedding", "follow")
@contract("both forms of a query agree where the embedding is exact")
@hint(en="What do hops look like on a grid?", zh="在网格上，一跳是什么样子？")
@given(relations=st.lists(st.sampled_from([0, 1]), min_size=1, max_size=3), place=st.integers(0, 15))
@settings(max_examples=15)
def test_exact_embeddings_answer_like_triples(solution, relations, place):
    E = np.array(list(itertools.product(range(7), repeat=2)), dtype=np.float64)
    R = np.array([[0.0, 1.0], [1.0, 0.0]])
    steps = [(str(i), str(r), str(i + 7**r)) for i in range(49) for r in (0, 1) if (i // 7 if r else i % 7) < 6]
    start = place // 4 * 7 + place % 4
    [answer] = solution.follow(steps, [(str(start), [str(r) for r in relations])])
    assert_equal([str(i) for i in solution.follow_emb(E, R, start, relations, 1)], answer)


# ---- everything else -----------------------------------------------------------------------------


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="What is a list up to -1?", zh="列表取到 -1 会得到什么？")
def test_negative_numbers_are_refused(solution, rng):
    triples = [("a", "r", "b")]
    for bad in (-1, -5):
        for a, b in (("a", "b"), ("a", "a"), ("b", "a")):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.paths(triples, a, b, bad)
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.follow_emb(rng.normal(size=(3, 2)), rng.normal(size=(1, 2)), 0, [0], bad)


def use_all(module, triples, queries, E, R, relations):
    """Call everything; return what it says and the arguments afterwards."""
    said = module.follow(triples, queries), module.paths(triples, "b", "a", 3)
    return said, module.follow_emb(E, R, 1, relations, 2), (triples, queries, E, R, relations)


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("triples")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_arguments_stay_as_they_are(solution, rng):
    triples = [("b", "r", "c"), ("c", "r", "a"), ("b", "r", "c"), ("b", "r", "a")]
    arguments = triples, [("b", ["r", "r"]), ("c", [])], rng.normal(size=(4, 2)), rng.normal(size=(3, 2)), [2, 0, 2]
    said, near, after = solution.run(use_all, *arguments)
    assert_equal(said, ([["a"], ["c"]], expected_paths(triples, "b", "a", 3)))
    assert_equal(near, expected_nearest(*arguments[2:4], 1, [2, 0, 2], 2))
    assert_equal(after, arguments)
