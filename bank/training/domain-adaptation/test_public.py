"""Public checks of `domain-adaptation`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close


def test_the_examples_of_the_statement(solution):
    moved = solution.coral(np.array([[0.0], [2.0]]), np.array([[5.0], [11.0]]))
    assert_close(moved, np.array([[5.0], [11.0]]), rtol=1e-7)
    pair = np.array([[0.0], [1.0]])
    assert_close(solution.mmd2(pair, pair, gamma=1.0), np.exp(-1.0).item() - 1, rtol=1e-7)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_a_domain_moved_to_itself_stays(solution, seed):
    x = np.random.default_rng(seed).normal(size=(12, 3))
    assert_close(solution.coral(x, x), x, rtol=1e-7)


def test_one_row_is_an_error(solution):
    for function in (solution.coral, lambda x, y: solution.mmd2(x, y, 1.0)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            function(np.ones((1, 2)), np.ones((3, 2)))
