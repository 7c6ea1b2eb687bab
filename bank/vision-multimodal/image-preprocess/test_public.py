"""Public checks of `image-preprocess`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close

UNIT = ([0.0, 0.0, 0.0], [1 / 255] * 3)


def test_the_example(solution):
    img = np.array([[0, 100, 200, 40]], dtype=np.uint8)
    expected = np.array([[[125.0, 175.0]] * 2] * 3, dtype=np.float32)
    assert_close(solution.preprocess(img, 2, 2, *UNIT), expected)


@given(value=st.integers(0, 255), height=st.integers(1, 6), width=st.integers(1, 6))
@settings(max_examples=10)
def test_a_plain_image_stays_plain(solution, value, height, width):
    img = np.full((height, width, 3), value, dtype=np.uint8)
    assert_close(solution.preprocess(img, 5, 4, *UNIT), np.full((3, 4, 4), value, dtype=np.float32))


def test_a_crop_larger_than_the_image_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.preprocess(np.zeros((8, 8), dtype=np.uint8), 4, 5, *UNIT)
