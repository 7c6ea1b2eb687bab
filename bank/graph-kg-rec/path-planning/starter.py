"""Shortest paths: see the statement for the rules."""


def astar(neighbours, heuristic, start, goal):
    """Return a cheapest path and its cost."""
    # Write: a queue by cost and lower bound, the cheapest way to each node, the way back.


def plan(grid, start, goal, diagonal=False):
    """Return a cheapest path through a grid and its cost."""
    # Write: the refusals, the steps from a cell, a lower bound, the search.
    return [start], 0.0
