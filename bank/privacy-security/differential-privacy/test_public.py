"""Public checks of `differential-privacy`: the interface by small examples."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close


def gradient(submission, grads, clip, sigma, seed, lot=None):
    """Make the generator where the submission lives."""
    return submission.dp_mean_gradient(grads, clip, sigma, np.random.default_rng(seed), lot)


def test_long_rows_are_shortened(solution):
    grads = np.array([[3.0, 4.0], [0.6, 0.0]])
    assert_close(solution.run(gradient, grads, 1.0, 0.0, 0), np.array([0.6, 0.4]))


@given(seed=st.integers(0, 2**32 - 1), clip=st.sampled_from([0.5, 1.0, 2.0]))
@settings(max_examples=10)
def test_the_result_is_no_longer_than_the_bound(solution, seed, clip):
    grads = np.random.default_rng(seed).normal(size=(5, 3))
    assert np.linalg.norm(solution.run(gradient, grads, clip, 0.0, seed)) <= clip * (1 + 1e-9)


def test_noise_comes_from_the_generator(solution):
    noise = solution.run(gradient, np.zeros((2, 3)), 4.0, 0.5, 7, 10)
    assert_close(noise, np.random.default_rng(7).normal(0.0, 2.0, 3) / 10)


def test_a_smaller_budget_needs_more_noise(solution):
    assert solution.gaussian_sigma(0.1, 1e-6, 1.0) > solution.gaussian_sigma(0.9, 1e-6, 1.0) > 0
    for eps in (0.0, math.nan):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.gaussian_sigma(eps, 1e-6, 1.0)
