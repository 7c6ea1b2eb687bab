"""Public checks of `ar-rollout`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def generate(submission, n):
    return submission.rollout(lambda window: window[-1] + window[-2], np.array([1.0, 1.0]), n)


def test_doubling_is_recovered(solution):
    assert_close(solution.fit_ar(np.array([1.0, 2.0, 4.0, 8.0, 16.0]), 1), np.array([0.0, 2.0]), atol=1e-7)


@given(n=st.integers(0, 6))
@settings(max_examples=7)
def test_the_first_numbers_of_fibonacci(solution, n):
    assert_equal(solution.run(generate, n), np.array([2.0, 3.0, 5.0, 8.0, 13.0, 21.0])[:n])


def test_one_origin(solution):
    x = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    assert_close(solution.walk_forward(x, 1, 3, 2), np.array([[8.0, 16.0]]), rtol=1e-7)


def test_better_than_naive(solution):
    known, guessed, train = np.array([8.0, 16.0]), np.array([9.0, 15.0]), np.array([1.0, 2.0, 4.0])
    assert_close(solution.mase(known, guessed, train), 2 / 3)


def test_too_many_lags_are_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.fit_ar(np.arange(3.0), 3)
