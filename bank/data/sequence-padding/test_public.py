"""Public checks of `sequence-padding`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal

NAN = np.nan


def test_the_example_of_the_statement(solution):
    array, mask = solution.pad([np.array([1, 2, 3]), np.array([0])], "pre", 0, max_len=2)
    assert_equal(array, np.array([[1, 2], [0, 0]]))
    assert_equal(mask, np.array([[True, True], [False, True]]))


@given(lengths=st.lists(st.integers(0, 5), min_size=1, max_size=5))
@settings(max_examples=10)
def test_the_mask_counts_what_is_real(solution, lengths):
    array, mask = solution.pad([np.arange(length) for length in lengths], "post", -1)
    assert_equal(mask.sum(axis=1).tolist(), lengths)
    assert (array[~mask] == -1).all()


def test_the_last_observation(solution):
    column = np.array([[NAN], [1.0], [NAN], [NAN]])
    assert_equal(solution.ffill(column), np.array([[NAN], [1.0], [1.0], [1.0]]))
    assert_equal(solution.ffill(column, 1), np.array([[NAN], [1.0], [1.0], [NAN]]))


def test_an_unknown_side_is_refused(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.pad([np.array([1])], "left", 0)
