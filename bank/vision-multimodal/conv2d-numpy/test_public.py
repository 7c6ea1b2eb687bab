"""Public checks of `conv2d-numpy`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close

X = np.arange(9.0).reshape(1, 1, 3, 3)
W = np.array([[[[1.0, 0.0], [0.0, -1.0]]]])


def test_the_example(solution):
    assert_close(solution.conv2d(X, W, np.array([0.5])), np.full((1, 1, 2, 2), -3.5))
    _, dw, db = solution.conv2d_backward(np.ones((1, 1, 2, 2)), X, W)
    assert_close(dw, np.array([[[[8.0, 12.0], [20.0, 24.0]]]]))
    assert_close(db, np.array([4.0]))


@given(height=st.integers(1, 6), width=st.integers(1, 6))
@settings(max_examples=8)
def test_a_filter_of_one_pixel_scales(solution, height, width):
    x = np.arange(float(height * width)).reshape(1, 1, height, width)
    assert_close(solution.conv2d(x, np.full((1, 1, 1, 1), 3.0), np.zeros(1)), 3 * x)


def test_a_filter_larger_than_the_image_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.conv2d(X, np.ones((1, 1, 4, 2)), np.zeros(1))
