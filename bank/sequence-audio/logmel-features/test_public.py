"""Public checks of `logmel-features`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def test_frames_of_seven_samples(solution):
    assert_equal(solution.frames(np.arange(7), 3, 2), np.array([[0, 1, 2], [2, 3, 4], [4, 5, 6]]))


def test_power_of_a_constant(solution):
    zero = 4.0  # variant: 16 * level**2
    one = 1.0  # variant: 4 * (1 - level)**2
    assert_close(solution.power(np.ones(4), 4, 1), np.array([[zero, one, 0.0]]))


def test_two_filters(solution):
    wanted = np.array([[0.0, 0.676, 0.0, 0.0, 0.0], [0.0, 0.324, 0.906, 0.453, 0.0]])
    assert_close(solution.mel_bank(2, 8, 8000), wanted, atol=1e-3)


@given(length=st.integers(0, 30))
@settings(max_examples=10)
def test_silence(solution, length):
    count = max(0, (length - 8) // 3 + 1)
    assert_close(solution.log_mel(np.zeros(length), 8000, 8, 3, 2), np.full((count, 2), np.log(1e-10)))


def test_no_hop_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.frames(np.ones(5), 2, 0)
