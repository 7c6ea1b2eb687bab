"""Public checks of `outlier-cleaning`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

VALUES = np.array([1.0, 2.0, 3.0, 4.0, 50.0])


def test_one_value_beyond_the_fence(solution):
    assert_equal(solution.iqr_mask(VALUES, 1.5), np.array([False, False, False, False, True]))


def test_robust_scores(solution):
    assert_close(solution.mad_z(VALUES), np.array([-2.0, -1.0, 0.0, 1.0, 47.0]) / 1.482602218505602)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_all_test_rows_stay(solution, seed):
    test = np.random.default_rng(seed).normal(3, 1000, size=(5, 1))
    kept, clipped = solution.clean(VALUES[:, None], test, 1.5)
    assert_equal(kept, VALUES[:4, None])
    assert_close(clipped, np.clip(test, -1, 7))


def test_a_line_through_most_points(solution):
    X, y = np.arange(5.0)[:, None], np.array([1.0, 3.0, 500.0, 7.0, 9.0])
    w, b = solution.huber_fit(X, y, 1.0, 0.0)
    assert_close((w, b), (np.array([2.0]), 1.25), rtol=1e-4)


def test_nothing_to_fit(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.huber_fit(np.zeros((0, 2)), np.zeros(0), 1.0, 0.0)
