"""Public checks of `secure-aggregation`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

SEEDS = {(3, 8): 42}


def test_the_example_of_the_statement(solution):
    encoded = solution.encode(np.array([1.5, -0.25]), 2)
    assert_equal(encoded, np.array([6, 4294967295], dtype=np.uint32))
    one = solution.mask(encoded, 3, [8], SEEDS)
    two = solution.mask(solution.encode(np.array([2.0, -1.0]), 2), 8, [3], SEEDS)
    assert_equal(one, np.array([383329934, 3324115916], dtype=np.uint32))
    assert_equal(solution.aggregate({3: one, 8: two}, 2), np.array([3.5, -1.25]))
    assert_equal(solution.aggregate({3: one}, 2, SEEDS), np.array([1.5, -0.25]))


@given(numbers=st.lists(st.integers(-1000, 1000), max_size=5))
@settings(max_examples=10)
def test_whole_numbers_come_back(solution, numbers):
    x = np.array(numbers, dtype=np.float64)
    assert_close(solution.aggregate({0: solution.encode(x, 8)}, 8), x)


def test_what_does_not_fit_is_refused(solution):
    for number in (3e9, np.nan):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.encode(np.array([number]), 0)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.aggregate({}, 8)
