"""Public checks of `clustering-kmeans`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def test_the_example_of_the_statement(solution):
    x = np.array([[0.0], [1.0], [9.0], [11.0]])
    centres, labels, inertia, history = solution.kmeans(x, 2, seed=0, init=x[:2])
    assert_close(centres, np.array([[0.5], [10.0]]))
    assert_equal(labels, np.array([0, 0, 1, 1]))
    assert_close(inertia, 2.5)
    assert_close(history, [164.0, 21.0, 2.5])


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_one_centre_is_the_mean(solution, seed):
    x = np.random.default_rng(seed).normal(size=(7, 2))
    assert_close(solution.kmeans(x, 1, seed)[0], x.mean(axis=0)[None])


def test_too_many_centres_are_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.kmeans(np.ones((5, 2)), 2, 0)
