"""Public checks of `smote`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def resample(submission, X, y, k, seed):
    return submission.smote(X, y, k, np.random.default_rng(seed))


def split(submission, X, y, test_size, k, seed):
    return submission.split_then_resample(X, y, test_size, k, np.random.default_rng(seed))


def test_the_example_of_the_statement(solution):
    X, y = np.array([[0.0], [1.0], [2.0], [10.0], [14.0]]), np.array([5, 5, 5, -1, -1])
    rows, classes = solution.run(resample, X, y, 3, 0)
    assert_equal(classes, np.array([5, 5, 5, -1, -1, -1]))
    assert_close(rows, np.array([[0.0], [1.0], [2.0], [10.0], [14.0], [12.92085314494452]]))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_new_rows_lie_between_two_of_their_class(solution, seed):
    X, y = np.array([[0.0, 3.0], [1.0, 3.0], [8.0, 0.0], [9.0, 0.0], [7.0, 0.0]]), np.array(list("aabbb"))
    rows, classes = solution.run(resample, X, y, 1, seed)
    assert_equal((rows[:5], classes.tolist()), (X, list("aabbba")))
    assert 0 <= rows[5, 0] <= 1
    assert rows[5, 1] == 3


def test_a_test_set(solution):
    X, y = np.arange(12.0).reshape(6, 2), np.array([1, 1, 1, 0, 0, 0])
    order = np.random.default_rng(4).permutation(6)
    *_, rows, classes = solution.run(split, X, y, 1, 2, 4)
    assert_equal((rows, classes), (X[order[:1]], y[order[:1]]))


def test_a_lonely_row_cannot_be_multiplied(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(resample, np.zeros((3, 2)), np.array([0, 0, 1]), 5, 0)
