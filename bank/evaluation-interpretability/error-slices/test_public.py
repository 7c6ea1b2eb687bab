"""Public checks of `error-slices`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal

TABLE = {"rain": np.array([1, 1, 0, 0, 1, 0]), "night": np.array([1, 1, 1, 0, 0, 0])}
WRONG = np.array([True, True, False, False, False, False])


def test_the_example_of_the_statement(solution):
    first, second = solution.worst_slices(TABLE, WRONG, max_order=2, min_n=2, k=2)
    assert_equal(first["where"], {"night": 1, "rain": 1})
    assert abs(first["bound"] - 0.34237) < 1e-5
    assert_equal((second["where"], second["n"], second["errors"]), ({"night": 1}, 3, 2))


@given(k=st.integers(0, 9))
@settings(max_examples=8)
def test_no_more_slices_than_asked_for(solution, k):
    assert len(solution.worst_slices(TABLE, WRONG, 1, 1, k)) == min(k, 2)


def test_no_features_are_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.worst_slices(TABLE, WRONG, 0, 1, 5)
