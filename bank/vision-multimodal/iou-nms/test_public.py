"""Public checks of `iou-nms`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

BOXES = np.array([[0.0, 0.0, 4.0, 2.0], [1.0, 0.0, 5.0, 2.0], [0.0, 0.0, 4.0, 2.0]])


def test_the_example(solution):
    assert_close(solution.iou_matrix(BOXES[:1], BOXES), np.array([[1.0, 0.6, 1.0]]))
    kept = solution.nms(BOXES, np.array([0.7, 0.9, 0.8]), np.array([1, 1, 2]), 0.5)
    assert_equal(kept, np.array([1, 2]))


@given(shift=st.floats(5, 100))
@settings(max_examples=10)
def test_boxes_far_apart_are_all_kept(solution, shift):
    boxes = np.array([[0.0, 0.0, 4.0, 2.0], [shift, 0.0, shift + 4, 2.0]])
    assert_equal(solution.nms(boxes, np.array([-1.0, 1.0]), np.array([3, 3]), 0.0), np.array([1, 0]))


def test_a_box_the_wrong_way_round_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.iou_matrix(BOXES, np.array([[4.0, 0.0, 0.0, 2.0]]))
