"""Public checks of `cross-modal-retrieval`: the interface by small examples."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

A, B = np.array([[3.0, 0.0], [0.0, 2.0]]), np.array([[1.0, 0.0], [0.0, 5.0]])


def test_the_example(solution):
    assert_close(solution.clip_loss(A, B, 0.0), math.log1p(math.exp(-1)))
    gallery = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 2.0]])
    assert_equal(solution.topk(A, gallery, 2, 1), np.array([[1, 2], [0, 1]]))
    assert_close(solution.recall_at_k(np.array([0, 4, 1, 2]), 2), 0.5)


@given(scale=st.floats(-2, 3))
@settings(max_examples=10)
def test_a_single_pair_costs_nothing(solution, scale):
    assert abs(solution.clip_loss(A[:1], B[1:], scale)) < 1e-12


def test_more_answers_than_rows_are_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.topk(A, B, 3, 1)
