"""Public checks of `series-windowing`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def test_windows_of_six_numbers(solution):
    seen, following = solution.windows(np.arange(6.0), 2, 1, 2)
    assert_equal(seen, np.array([[[0.0], [1.0]], [[2.0], [3.0]]]))
    assert_equal(following, np.array([[[2.0]], [[4.0]]]))


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(4, 12))
@settings(max_examples=15)
def test_scaling_can_be_taken_back(solution, seed, rows):
    x = np.random.default_rng(seed).normal(3, 2, size=(rows, 2))
    train, test, mean, std = solution.split_scale(x, 0.5)
    assert_close(np.concatenate([train, test]) * std + mean, x)


def test_shapes_of_the_sets(solution):
    sets = solution.forecast_sets(np.arange(6.0)[:, None], 0.5, 2, 1)
    assert [part.shape for part in sets] == [(1, 2, 1), (1, 1, 1), (3, 2, 1), (3, 1, 1)]


def test_a_window_of_nothing_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.windows(np.arange(6.0), 0, 1, 1)
