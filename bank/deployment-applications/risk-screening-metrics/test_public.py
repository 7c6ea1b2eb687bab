"""Public checks of `risk-screening-metrics`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def interval_of_means(submission, y, s, n, level, seed):
    return submission.bootstrap_ci(y, s, lambda y, s: float(s.mean()), n, level, np.random.default_rng(seed))


def test_a_rare_disease(solution):
    figures = solution.screen(90, 990, 10, 8910)
    assert_close(figures["ppv"], 90 / 1080)
    assert_close(figures["sensitivity"], 0.9)
    assert solution.screen(0, 0, 3, 5)["ppv"] is None


@given(prev=st.floats(0.001, 0.999))
@settings(max_examples=10)
def test_a_coin_tells_nothing(solution, prev):
    assert_close(solution.ppv_at(0.5, 0.5, prev), prev, rtol=1e-9)


def test_enough_of_the_ill(solution):
    y, s = np.array([1, 0, 1, 1]), np.array([0.9, 0.8, 0.7, 0.2])
    assert_equal(solution.threshold_for(y, s, 0.6), 0.7)


def test_an_interval_of_equal_scores(solution):
    y, s = np.array([1, 0, 1]), np.full(3, 2.5)
    assert_close(solution.run(interval_of_means, y, s, 5, 0.9, 0), (2.5, 2.5))


def test_a_class_is_missing(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(interval_of_means, np.array([1, 1]), np.ones(2), 5, 0.9, 0)
