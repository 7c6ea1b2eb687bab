"""Keeps nodes by number, so that the heap compares numbers alone; the grid gets a rim of walls."""

import heapq

import numpy as np

DIAGONAL = 2**0.5


def astar(neighbours, heuristic, start, goal):
    """Return a cheapest path and its cost."""
    nodes, index = [start], {start: 0}
    costs, parents, bounds = [0.0], [-1], [heuristic(start)]
    heap = [(bounds[0], 0)]
    waiting = {0}
    while heap:
        total, here = heapq.heappop(heap)
        if here not in waiting or total > costs[here] + bounds[here]:
            continue
        waiting.discard(here)
        if nodes[here] == goal:
            path = []
            at = here
            while at >= 0:
                path.append(nodes[at])
                at = parents[at]
            path.reverse()
            return path, costs[here]
        for node, step in neighbours(nodes[here]):
            cost = costs[here] + step
            there = index.setdefault(node, len(nodes))
            if there == len(nodes):
                nodes.append(node)
                costs.append(float("inf"))
                parents.append(-1)
                bounds.append(heuristic(node))
            if cost < costs[there]:
                costs[there], parents[there] = cost, here
                waiting.add(there)
                heapq.heappush(heap, (cost + bounds[there], there))
    return None


def plan(
    grid: np.ndarray, start: tuple[int, int], goal: tuple[int, int], diagonal: bool = False
) -> tuple[list[tuple[int, int]], float] | None:
    """Return a cheapest path through a grid and its cost."""
    if grid.ndim != 2 or np.isnan(grid).any() or (grid <= 0).any():
        raise ValueError("no such grid")
    rows, columns = grid.shape
    for r, c in (start, goal):
        if r < 0 or c < 0 or r >= rows or c >= columns:
            raise ValueError("outside")
    if np.isinf(grid[start]) or np.isinf(grid[goal]):
        return None
    rim = np.pad(grid, 1, constant_values=np.inf).tolist()
    least = float(grid.min())
    wall = float("inf")

    def neighbours(cell):
        r, c = cell[0] + 1, cell[1] + 1
        up, down, left, right = rim[r - 1][c], rim[r + 1][c], rim[r][c - 1], rim[r][c + 1]
        moves = [((r - 2, c - 1), up), ((r, c - 1), down), ((r - 1, c - 2), left), ((r - 1, c), right)]
        if diagonal:
            for i, vertical in ((-1, up), (1, down)):
                for j, horizontal in ((-1, left), (1, right)):
                    if vertical < wall and horizontal < wall:
                        moves.append(((r - 1 + i, c - 1 + j), DIAGONAL * rim[r + i][c + j]))
        return [(other, step) for other, step in moves if step < wall]

    def heuristic(cell):
        down, along = abs(cell[0] - goal[0]), abs(cell[1] - goal[1])
        if not diagonal:
            return least * (down + along)
        return least * (max(down, along) + (DIAGONAL - 1) * min(down, along))

    return astar(neighbours, heuristic, start, goal)
