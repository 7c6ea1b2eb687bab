"""Public checks of `unet-segmentation`: the interface by small examples."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def sizes(module, size):
    return list(module.UNet(3, 2, base=2, depth=2)(torch.zeros(1, 3, *size)).shape)


@given(height=st.integers(17, 40), width=st.integers(17, 40))
@settings(max_examples=4)
def test_logits_are_as_large_as_the_image(solution, height, width):
    assert_equal(solution.run(sizes, (height, width)), [1, 2, height, width])


def test_the_example(solution):
    assert_close(solution.dice_loss(torch.zeros(1, 2, 1, 2), torch.tensor([[[0, 0]]])), torch.tensor(0.375))
    assert_close(solution.mean_iou(torch.tensor([0, 1, 1]), torch.tensor([0, 0, 1]), 5), 0.5)


def test_a_class_too_many_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.mean_iou(torch.tensor([2]), torch.tensor([0]), 2)
