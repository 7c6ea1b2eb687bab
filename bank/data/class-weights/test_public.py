"""Public checks of `class-weights`: the interface by small examples."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def test_the_rarer_the_heavier(solution):
    classes, weights = solution.balanced_weights(np.array([7, 7, 7, -1]))
    assert_equal(classes, np.array([-1, 7]))
    assert_close(weights, np.array([2.0, 2 / 3]))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_without_a_focus_both_losses_are_one(solution, seed):
    rng = np.random.default_rng(seed)
    logits, y, w = rng.normal(size=(4, 3)), rng.integers(0, 3, 4), rng.uniform(1, 2, 3)
    loss, grad = solution.focal(logits, y, 0, w)
    assert_close(loss, solution.weighted_ce(logits, y, w))
    assert grad.shape == (4, 3)


def test_a_heavy_sample(solution):
    logits = np.array([[0.0, 0.0], [0.0, math.log(3)]])
    expected = (math.log(2) + 3 * math.log(4 / 3)) / 4
    assert_close(solution.weighted_ce(logits, np.array([0, 1]), np.array([1.0, 3.0])), expected)


def test_misses_cost_more(solution):
    y, s = np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.6, 0.9])
    assert_equal(solution.best_threshold(y, s, 1, 5), (0.4, 1))
    assert_equal(solution.best_threshold(y, s, 5, 1), (0.9, 1))


def test_nothing_to_weigh(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.balanced_weights(np.array([], dtype=np.int64))
