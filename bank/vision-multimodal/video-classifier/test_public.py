"""Public checks of `video-classifier`: the interface by small examples."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal


def logits_shape(module, steps):
    return list(module.VideoNet(3)(torch.zeros(2, 1, steps, 10, 12)).shape)


def test_the_example(solution):
    assert_equal(solution.sample_frames(10, 4), [1, 3, 6, 8])
    assert_equal(solution.sample_frames(2, 5), [0, 0, 1, 1, 1])
    assert_equal(list(solution.to_clip(torch.zeros(2, 6, 10, 12, dtype=torch.uint8)).shape), [2, 1, 6, 10, 12])


@given(steps=st.integers(4, 10))
@settings(max_examples=4)
def test_clips_of_any_length(solution, steps):
    assert_equal(solution.run(logits_shape, steps), [2, 3])


def test_no_frames_are_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.sample_frames(0, 4)
