"""Hidden checks of `path-planning`; expectations come from relaxing all edges until nothing changes."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
ROOT = math.sqrt(2)


# ---- the oracle ----------------------------------------------------------------------------------


def relaxed(edges, start):
    """Return the smallest cost from a node to every other: all edges, again and again."""
    costs = {start: 0.0}
    changed = True
    while changed:
        changed = False
        for node, leaving in edges.items():
            for other, step in leaving:
                if node in costs and costs[node] + step < costs.get(other, math.inf):
                    costs[other] = costs[node] + step
                    changed = True
    return costs


def turned(edges):
    """Return the graph with every edge the other way."""
    back = {node: [] for node in edges}
    for node, leaving in edges.items():
        for other, step in leaving:
            back[other].append((node, step))
    return back


def grid_edges(grid, diagonal):
    """Return all steps of a grid, cell by cell."""
    free = {(r, c) for r, c in np.ndindex(*grid.shape) if grid[r, c] < math.inf}
    edges = {}
    for r, c in sorted(free):
        edges[r, c] = []
        for dr in (-1, 0, 1):
            for dc in (-1, 0, 1):
                other = (r + dr, c + dc)
                beside = {(r + dr, c), (r, c + dc)}
                if other in free and abs(dr) + abs(dc) == 1:
                    edges[r, c].append((other, float(grid[other])))
                elif diagonal and other in free and abs(dr) + abs(dc) == 2 and beside <= free:
                    edges[r, c].append((other, ROOT * float(grid[other])))
    return edges


def check_path(answer, edges, start, goal, exact=False):
    """Check that a path is one, and that its cost is the smallest."""
    best = relaxed(edges, start).get(goal)
    if best is None:
        assert answer is None
        return
    path, cost = answer
    assert type(path) is list
    assert path[0] == start
    assert path[-1] == goal
    total = 0.0
    for here, there in itertools.pairwise(path):
        total += min(step for other, step in edges[here] if other == there)
    if exact:
        assert_equal((cost, total), (best, best))
    else:
        assert_close((cost, total), (best, best))


# ---- the guest's side ----------------------------------------------------------------------------


def search(module, edges, bounds, start, goal):
    """Search a graph; tell the answer and the nodes that were expanded."""
    expanded = []

    def neighbours(node):
        expanded.append(node)
        return edges[node]

    return module.astar(neighbours, lambda node: bounds.get(node, 0.0), start, goal), expanded


def draw_graph(rng, nodes, share=0.35):
    """Draw a graph whose costs add up without rounding, several edges between two nodes among them."""
    edges = {node: [] for node in range(nodes)}
    for _ in range(2):
        for a in range(nodes):
            edges[a] += [(b, float(rng.integers(0, 20)) / 4) for b in range(nodes) if rng.random() < share]
    return edges


# ---- A* ------------------------------------------------------------------------------------------


@points(4, group="cheapest paths", group_zh="最小代价路径")
@stated("result", "graph", "inconsistent", "start-is-goal")
@contract("the definition itself: with any admissible heuristic the answer is the cheapest")
@hint(en="When is it certain that a path to the goal is cheapest?", zh="什么时候才能确定到目标的路径是最便宜的？")
@given(seed=SEEDS, nodes=st.integers(1, 7))
@settings(max_examples=40)
def test_paths_are_cheapest_with_any_admissible_heuristic(solution, seed, nodes):
    rng = np.random.default_rng(seed)
    edges = draw_graph(rng, nodes)
    goal = nodes - 1
    left = relaxed(turned(edges), goal)
    shares = rng.choice([0.0, 0.25, 0.5, 1.0], size=nodes).tolist()
    for bounds in ({}, left, {node: left.get(node, 3.0) * share for node, share in enumerate(shares)}):
        answer, _ = solution.run(search, edges, bounds, 0, goal)
        check_path(answer, edges, 0, goal, exact=True)


@points(3, group="cheapest paths", group_zh="最小代价路径")
@stated("inconsistent", "result")
@contract("reopening by itself, in every run")
@hint(
    en="What if a cheaper way to a node is found after it has been expanded?",
    zh="节点扩展之后又发现了更便宜的路，怎么办？",
)
def test_an_expanded_node_may_become_cheaper(solution):
    short = {"s": [("far", 1.0), ("hub", 3.0)], "far": [("hub", 1.0)], "hub": [("g", 4.0)], "g": []}
    assert_equal(solution.run(search, short, {"far": 5.0}, "s", "g")[0], (["s", "far", "hub", "g"], 6.0))
    long = {
        "s": [("a", 1.0), ("b", 2.0)],
        "a": [("c", 1.0)],
        "b": [("c", 0.5)],
        "c": [("d", 1.0)],
        "d": [("g", 6.0)],
        "g": [],
    }
    for bounds in ({"a": 8.0}, {"a": 8.0, "c": 0.0, "d": 6.0}, {"b": 7.0}, {"a": 8.0, "b": 7.5}):
        check_path(solution.run(search, long, bounds, "s", "g")[0], long, "s", "g", exact=True)


@points(2, group="cheapest paths", group_zh="最小代价路径")
@stated("result", "graph", "start-is-goal")
@contract("parallel edges, loops, free edges and dead ends, each in every run")
@hint(en="Is the first way to the goal that is found the cheapest?", zh="最先找到的那条路就是最便宜的吗？")
def test_special_graphs(solution):
    graphs = [
        {"s": [("g", 5.0), ("g", 3.0), ("g", 4.0)], "g": []},
        {"s": [("s", 0.0), ("g", 9.0), ("m", 4.0)], "m": [("m", 0.0), ("s", 0.0), ("g", 4.0)], "g": [("s", 0.0)]},
        {"s": [("m", 0.0)], "m": [("s", 0.0), ("g", 0.0)], "g": []},
        {"s": [("a", 1.0), ("g", 10.0)], "a": [("b", 1.0)], "b": [("c", 1.0)], "c": [("g", 1.0)], "g": []},
        {"s": [("m", 1.0)], "m": [("s", 1.0)], "g": [("s", 1.0)]},
        {"s": [], "g": []},
    ]
    for edges in graphs:
        for start, goal in (("s", "g"), ("g", "s"), ("s", "s"), ("g", "g")):
            check_path(solution.run(search, edges, {}, start, goal)[0], edges, start, goal, exact=True)
    for edges in graphs:
        assert_equal(solution.run(search, edges, {}, "s", "s")[0], (["s"], 0.0))


@points(2, group="nodes", group_zh="节点")
@stated("nodes", "result")
@hint(en="What does your queue compare when two entries cost the same?", zh="两个条目代价相同时，你的队列比较什么？")
def test_nodes_that_have_no_order(solution):
    names = [1j, "a", (0, "x"), frozenset({1}), None, 2.5, b"b", (None,)]
    edges = {name: [(other, 1.0) for other in names if other != name] for name in names}
    edges["end"] = []
    edges[1j] = [(other, 1.0) for other in names[1:]]
    for name in names[1:]:
        edges[name] = [*edges[name], ("end", 2.0)]
    for goal in ("end", None, (None,)):
        check_path(solution.run(search, edges, {}, 1j, goal)[0], edges, 1j, goal, exact=True)


@points(3, group="expansions", group_zh="扩展")
@stated("expansions", "result")
@hint(
    en="Which nodes leave no hope, and which are expanded for nothing?", zh="哪些节点已经没有希望？哪些是白白扩展的？"
)
@given(seed=SEEDS, nodes=st.integers(2, 9))
@settings(max_examples=25)
def test_only_hopeful_nodes_are_expanded_once(solution, seed, nodes):
    rng = np.random.default_rng(seed)
    edges = draw_graph(rng, nodes)
    edges[0] = [*edges[0], (nodes - 1, 30.0)]
    goal = nodes - 1
    there, left = relaxed(edges, 0), relaxed(turned(edges), goal)
    # of a node that cannot reach the goal any bound is admissible
    least = {node: left.get(node, 1e6) for node in edges}
    for share in (0.0, 0.5, 1.0):
        bounds = {node: cost * share for node, cost in least.items()}
        answer, expanded = solution.run(search, edges, bounds, 0, goal)
        check_path(answer, edges, 0, goal, exact=True)
        assert len(set(expanded)) == len(expanded)
        assert goal not in expanded
        assert all(there[node] + bounds[node] <= there[goal] for node in expanded)


# ---- grids ---------------------------------------------------------------------------------------


def draw_grid(rng, rows, columns, low=1.0, share=0.25):
    grid = rng.choice([low, 2 * low, 5 * low], size=(rows, columns))
    grid[rng.random(grid.shape) < share] = math.inf
    return grid


def check_plan(solution, grid, start, goal, diagonal):
    answer = solution.plan(grid, start, goal, diagonal)
    if math.inf in (grid[start], grid[goal]):
        assert answer is None
        return
    check_path(answer, grid_edges(grid, diagonal), start, goal)
    if answer:
        assert all(type(cell) is tuple and [type(number) for number in cell] == [int, int] for cell in answer[0])
        assert type(answer[1]) is float


@points(4, group="grids", group_zh="网格")
@stated("grid", "steps", "plan-result", "tolerance")
@contract("the definition of a grid against all its steps, on grids of every kind")
@hint(en="What does a step cost, and what is the least that is left?", zh="一步的代价是多少？剩余代价至少是多少？")
@given(seed=SEEDS, rows=st.integers(1, 6), columns=st.integers(1, 6))
@settings(max_examples=25)
def test_plans_are_cheapest(solution, seed, rows, columns):
    rng = np.random.default_rng(seed)
    for diagonal in (False, True):
        for low in (1.0, 0.01):
            grid = draw_grid(rng, rows, columns, low)
            ends = [(int(rng.integers(rows)), int(rng.integers(columns))) for _ in range(2)]
            check_plan(solution, grid, *ends, diagonal)


@points(3, group="grids", group_zh="网格")
@stated("corners", "steps", "plan-result")
@contract("every kind of corner, each in every run")
@hint(en="May a step pass between two walls, or beside one?", zh="可以从两堵墙之间穿过吗？从一堵墙旁边斜着走呢？")
def test_corners_are_not_cut(solution):
    for picture in ("../..", ".#/..", "../#.", ".#/#.", ".#./#../...", "..#/.#./#..", "...../.###./...#./.#.../....."):
        lines = picture.split("/")
        grid = np.array([[math.inf if mark == "#" else 1.0 for mark in line] for line in lines])
        corners = [(0, 0), (len(lines) - 1, len(lines[0]) - 1), (0, len(lines[0]) - 1), (len(lines) - 1, 0)]
        for start in corners:
            for goal in corners:
                for diagonal in (False, True):
                    check_plan(solution, grid, start, goal, diagonal)


@points(3, group="lower bounds", group_zh="下界")
@stated("grid", "steps", "plan-result")
@contract("grids on which a bound that is too large leads astray, in every run")
@hint(
    en="Is your bound still a lower one where cells cost 0.1, or where steps are diagonal?",
    zh="格子代价为 0.1，或者可以斜走时，你的下界还是下界吗？",
)
def test_cheap_ways_around(solution):
    road = np.full((7, 9), 1.0)
    road[0] = road[6] = road[:, 0] = road[:, 8] = 0.1
    plain = np.full((6, 6), 2.0)
    plain[2, 1:5] = math.inf
    steep = np.array([[1.0, 8.0, 1.0, 1.0], [1.0, 1.0, 9.0, 1.0], [7.0, 1.0, 1.0, 0.5], [1.0, 0.5, 3.0, 1.0]])
    bump = np.full((3, 5), 1.0)
    bump[1, 2] = 3.5
    for grid in (road, plain, bump, bump.T.copy(), steep, road.T.copy(), steep * 1e-3, steep * 1e6):
        last = (grid.shape[0] - 1, grid.shape[1] - 1)
        middle = (grid.shape[0] // 2, 0), (grid.shape[0] // 2, last[1])
        upright = (0, grid.shape[1] // 2), (last[0], grid.shape[1] // 2)
        for ends in (
            ((0, 0), last),
            (last, (0, 0)),
            middle,
            upright,
            ((0, last[1]), (last[0], 0)),
            ((0, 1), (last[0], 1)),
        ):
            for diagonal in (False, True):
                check_plan(solution, grid, *ends, diagonal)


@points(2, group="grids", group_zh="网格")
@stated("steps", "corners", "grid")
@contract("the laws: a mirror image costs the same, and a new wall never makes a way cheaper")
@hint(en="Are all directions alike in your program?", zh="在你的程序里，各个方向一视同仁吗？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_mirrors_and_new_walls(solution, seed):
    rng = np.random.default_rng(seed)
    grid = draw_grid(rng, 5, 6, share=0.15)
    grid[0, 0] = grid[4, 5] = grid[0, 1:] = grid[:, 5] = 3.0
    for diagonal in (False, True):
        _, cost = solution.plan(grid, (0, 0), (4, 5), diagonal)
        assert_close(solution.plan(grid.T.copy(), (0, 0), (5, 4), diagonal)[1], cost)
        assert_close(solution.plan(grid[::-1, ::-1].copy(), (4, 5), (0, 0), diagonal)[1], cost)
        walled = grid.copy()
        walled[rng.integers(5), rng.integers(6)] = math.inf
        blocked = solution.plan(walled, (0, 0), (4, 5), diagonal)
        assert blocked is None or blocked[1] >= cost * (1 - 1e-10)
        check_plan(solution, walled, (0, 0), (4, 5), diagonal)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("plan-errors", "plan-result")
@hint(en="Where does grid[-1] lie? What is a cell that costs nothing?", zh="grid[-1] 在哪里？代价为 0 的格子算什么？")
def test_grids_and_cells_without_meaning_are_refused(solution):
    grid = np.ones((3, 4))
    wrong = [(grid, (-1, 0), (1, 1)), (grid, (0, -1), (1, 1)), (grid, (0, 0), (3, 0)), (grid, (0, 0), (0, 4))]
    wrong += [(grid, (0, 0), (1, -2)), (grid, (3, 3), (0, 0)), (grid, (0, 4), (0, 4)), (grid, (0, 0), (-3, 0))]
    wrong += [(grid[0], (0, 0), (0, 1)), (grid[None], (0, 0), (0, 0)), (np.ones((0, 3)), (0, 0), (0, 0))]
    for bad in (0.0, -1.0, math.nan, -math.inf):
        spoilt = grid.copy()
        spoilt[2, 3] = bad
        wrong.append((spoilt, (0, 0), (1, 1)))
    for arguments in wrong:
        for diagonal in (False, True):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.plan(*arguments, diagonal)


@points(1, group="grids", group_zh="网格")
@stated("plan-result", "grid")
@contract("walls at both ends, each in every run")
@hint(en="Who stands in a wall, and who has arrived?", zh="谁在墙里？谁已经到了？")
def test_ends_in_walls(solution):
    grid = np.array([[1.0, 2.0], [math.inf, 3.0]])
    for diagonal in (False, True):
        for ends in (((1, 0), (0, 0)), ((0, 0), (1, 0)), ((1, 0), (1, 0))):
            assert solution.plan(grid, *ends, diagonal) is None
        assert_equal(solution.plan(grid, (0, 1), (0, 1), diagonal), ([(0, 1)], 0.0))
    assert solution.plan(np.full((2, 2), math.inf), (0, 0), (1, 1)) is None
    assert_equal(solution.plan(np.array([[4.0]]), (0, 0), (0, 0)), ([(0, 0)], 0.0))


def plan_and_look(module, grid):
    return module.plan(grid, (0, 0), (2, 2), True), grid


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs", "plan-result")
@hint(en="Where do you note which cells you have seen?", zh="你在哪里记录看过的格子？")
def test_the_grid_stays_as_it_is(solution):
    grid = np.array([[1.0, math.inf, 2.0], [1.0, 3.0, 2.0], [2.0, 2.0, 1.0]])
    answer, after = solution.run(plan_and_look, grid)
    check_path(answer, grid_edges(grid, True), (0, 0), (2, 2))
    assert_equal(after, grid)


@performance(points=2, of="plan", group="speed", group_zh="速度", at_least=3.0, times_faster_than="without_heuristic")
@stated("speed")
def along_a_row(rng):
    row = int(rng.integers(40, 61))
    return (np.full((101, 101), 1.0 + rng.random()), (row, 10), (row, 90)), {}
