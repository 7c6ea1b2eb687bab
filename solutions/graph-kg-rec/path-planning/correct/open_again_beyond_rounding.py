"""A node is opened again only if its way is shorter by more than rounding."""

import heapq
import itertools
import math

import numpy as np

SLACK = 1 + 1e-13  # a way to an expanded node is better only if by more than rounding


def astar(neighbours, heuristic, start, goal):
    """Return a cheapest path and its cost."""
    cost, parent, bound = {start: 0.0}, {}, {start: heuristic(start)}
    expanded = {}  # node -> the cost with which it was expanded
    numbers = itertools.count(0, -1)  # of equal ones the newest first; nodes are never compared
    queue = [(bound[start], bound[start], next(numbers), 0.0, start)]
    while queue:
        _, _, _, g, node = heapq.heappop(queue)
        if node == goal:
            path = [node]
            while path[-1] in parent:
                path.append(parent[path[-1]])
            return path[::-1], float(cost[node])
        if g > cost[node] or expanded.get(node) == g:
            continue
        expanded[node] = g
        for other, step in neighbours(node):
            new = g + step
            if other in cost and (new >= cost[other] or (other in expanded and new * SLACK >= expanded[other])):
                continue
            cost[other], parent[other] = new, node
            if other not in bound:
                bound[other] = heuristic(other)
            heapq.heappush(queue, (new + bound[other], bound[other], next(numbers), new, other))
    return None


def plan(grid, start, goal, diagonal=False):
    """Return a cheapest path through a grid and its cost."""
    grid = np.asarray(grid, dtype=np.float64)
    if grid.ndim != 2:
        raise ValueError("the grid must be 2-dimensional")
    if not (grid > 0).all():
        raise ValueError("costs must be above 0")
    rows, columns = grid.shape
    start, goal = (int(start[0]), int(start[1])), (int(goal[0]), int(goal[1]))
    for r, c in (start, goal):
        if not (0 <= r < rows and 0 <= c < columns):
            raise ValueError(f"{(r, c)} lies outside of the grid")
    if math.isinf(grid[start]) or math.isinf(grid[goal]):
        return None
    least = float(grid.min())
    cells = grid.tolist()
    root = math.sqrt(2)

    def open_cell(r, c):
        return 0 <= r < rows and 0 <= c < columns and cells[r][c] < math.inf

    def neighbours(node):
        r, c = node
        steps = [((a, b), cells[a][b]) for a, b in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)) if open_cell(a, b)]
        if diagonal:
            for a, b in ((r - 1, c - 1), (r - 1, c + 1), (r + 1, c - 1), (r + 1, c + 1)):
                if open_cell(a, b) and open_cell(a, c) and open_cell(r, b):
                    steps.append(((a, b), root * cells[a][b]))
        return steps

    def heuristic(node):
        dr, dc = abs(node[0] - goal[0]), abs(node[1] - goal[1])
        if diagonal:
            return least * (abs(dr - dc) + root * min(dr, dc))
        return least * (dr + dc)

    return astar(neighbours, heuristic, start, goal)
