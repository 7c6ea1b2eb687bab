"""Public checks of `path-planning`: the interface by small examples."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

GRID = np.array([[1.0, math.inf, 1.0], [1.0, 1.0, 1.0], [9.0, 9.0, 1.0]])


def search(module, edges, start, goal):
    """Search a graph that is a dict of lists."""
    return module.astar(lambda node: edges[node], lambda node: 0.0, start, goal)


def test_the_cheaper_of_two_ways(solution):
    edges = {"a": [("b", 1.0), ("c", 5.0)], "b": [("c", 2.0)], "c": [], "d": []}
    assert_equal(solution.run(search, edges, "a", "c"), (["a", "b", "c"], 3.0))
    assert solution.run(search, edges, "a", "d") is None


def test_around_a_wall(solution):
    assert_equal(solution.plan(GRID, (0, 0), (0, 2)), ([(0, 0), (1, 0), (1, 1), (1, 2), (0, 2)], 4.0))
    assert_close(solution.plan(GRID, (1, 0), (2, 1), True)[1], 10.0)


@given(r=st.integers(0, 2), c=st.sampled_from([0, 2]))
@settings(max_examples=5)
def test_who_is_there_already_stays(solution, r, c):
    assert_equal(solution.plan(GRID, (r, c), (r, c)), ([(r, c)], 0.0))


def test_outside_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.plan(GRID, (0, 0), (3, 0))
