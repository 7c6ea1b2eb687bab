"""Public checks of `box-geometry`: the interface by small examples."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close

ANCHORS = np.array([[0.0, 0.0, 10.0, 20.0]])
BOXES = np.array([[30.0, 10.0, 50.0, 40.0], [0.0, 0.0, 10.0, 10.0]])


def test_the_example(solution):
    deltas = solution.encode(np.array([[2.0, 0.0, 12.0, 40.0]]), ANCHORS)
    assert_close(deltas, np.array([[0.2, 0.5, 0.0, math.log(2)]]))
    whole = np.array([[0.0, 0.0, 10.0, 10.0]])
    assert_close(solution.to_crop(BOXES, (40, 80), 20, 10, 1.0), (whole, np.array([0])))
    assert_close(solution.to_original(whole, (40, 80), 20, 10), np.array([[30.0, 10.0, 50.0, 30.0]]))


@given(x=st.floats(-9, 9), y=st.floats(-9, 9))
@settings(max_examples=10)
def test_there_and_back(solution, x, y):
    box = np.array([[x, y, x + 3.0, y + 1.0]])
    assert_close(solution.decode(solution.encode(box, ANCHORS), ANCHORS, 4.0), box, atol=1e-9)


def test_an_anchor_without_width_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.encode(ANCHORS, np.array([[1.0, 0.0, 1.0, 20.0]]))
