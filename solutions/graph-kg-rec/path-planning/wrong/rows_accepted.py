"""Mistake: a vector is a grid of one row."""

import itertools
import math
from heapq import heappop, heappush

import numpy as np


def astar(neighbours, heuristic, start, goal):
    """Return a cheapest path and its cost."""
    best, came = {start: 0.0}, {}
    # the number decides between entries of equal cost, for nodes may have no order
    number = itertools.count()
    queue = [(heuristic(start), next(number), 0.0, start)]
    while queue:
        _, _, cost, node = heappop(queue)
        if node == goal:
            return _way_back(came, node), cost
        if cost > best[node]:
            continue
        for other, step in neighbours(node):
            if cost + step < best.get(other, math.inf):
                best[other], came[other] = cost + step, node
                heappush(queue, (cost + step + heuristic(other), next(number), cost + step, other))
    return None


def plan(grid, start, goal, diagonal=False):
    """Return a cheapest path through a grid and its cost."""
    grid = grid[None] if grid.ndim == 1 else grid
    if grid.ndim != 2 or not (grid > 0).all():
        raise ValueError("a grid is 2-dimensional, and its cells cost more than nothing")
    cells = dict(zip(np.ndindex(grid.shape), grid.ravel().tolist(), strict=True))
    if start not in cells or goal not in cells:
        raise ValueError("the way begins or ends outside the grid")
    free = {cell: cost for cell, cost in cells.items() if cost < math.inf}
    if start not in free or goal not in free:
        return None
    least = min(free.values())

    def heuristic(cell):
        short, long = sorted((abs(cell[0] - goal[0]), abs(cell[1] - goal[1])))
        return least * (long - short + short * (math.sqrt(2) if diagonal else 2))

    return astar(lambda cell: _steps(free, *cell, diagonal), heuristic, start, goal)


def _way_back(came, node):
    path = [node]
    while path[-1] in came:
        path.append(came[path[-1]])
    return path[::-1]


def _steps(free, r, c, diagonal):
    """Return the cells that a step leads to, and what it costs."""
    sides = [cell for cell in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)) if cell in free]
    found = [(cell, free[cell]) for cell in sides]
    if diagonal:
        corners = [(i, j) for i in (r - 1, r + 1) for j in (c - 1, c + 1)]
        passable = [(i, j) for i, j in corners if (i, j) in free and (i, c) in free and (r, j) in free]
        found += [(cell, math.sqrt(2) * free[cell]) for cell in passable]
    return found
