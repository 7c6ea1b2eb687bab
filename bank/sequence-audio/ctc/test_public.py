"""Public checks of `ctc`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def test_one_symbol_in_two_frames(solution):
    logits = np.log(np.array([[[0.6, 0.4], [0.6, 0.4]]]))
    assert_equal(solution.ctc_greedy(logits, np.array([2]), 0), [[]])
    assert_close(solution.ctc_loss(logits, [[1]], np.array([2]), 0), -np.log([0.64]), rtol=1e-8)
    assert_equal(solution.ctc_loss(logits, [[1, 1]], np.array([2]), 0), np.array([np.inf]))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_one_frame_is_cross_entropy(solution, seed):
    logits = np.random.default_rng(seed).normal(size=(1, 1, 3))
    wanted = np.log(np.exp(logits[0, 0]).sum()) - logits[0, 0, [1]]
    assert_close(solution.ctc_loss(logits, [[1]], np.array([1]), 2), wanted, rtol=1e-8)


def test_a_path_is_read(solution):
    logits = np.eye(3)[[1, 1, 0, 1, 2, 0]][None]
    assert_equal(solution.ctc_greedy(logits, np.array([6]), 0), [[1, 1, 2]])


def test_a_blank_in_a_target_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.ctc_loss(np.zeros((1, 2, 3)), [[1, 0]], np.array([2]), 0)
