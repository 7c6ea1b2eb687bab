"""Public checks of `cnn-classifier`: the interface by small examples."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def shapes(module, in_shape, n_classes):
    model = module.build_cnn(in_shape, n_classes)
    return [list(p.shape) for p in model.parameters()], list(model(torch.zeros(2, *in_shape)).shape)


def test_the_example(solution):
    parameters, output = solution.run(shapes, (1, 12, 12), 3)
    assert_equal(parameters, [[8, 1, 3, 3], [8], [16, 8, 3, 3], [16], [3, 144], [3]])
    assert_equal(output, [2, 3])


@given(classes=st.integers(2, 9))
@settings(max_examples=5)
def test_equal_logits(solution, classes):
    y = torch.tensor([0, classes - 1])
    for labels in (y, torch.eye(classes)[y]):
        assert_close(solution.loss_fn(torch.zeros(2, classes), labels), torch.tensor(math.log(classes)))


def test_a_class_too_many_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.loss_fn(torch.zeros(2, 3), torch.tensor([0, 3]))
