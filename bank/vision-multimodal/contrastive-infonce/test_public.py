"""Public checks of `contrastive-infonce`: the interface by small examples."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close

Z = torch.tensor([[2.0, 0.0], [0.0, 1.0]])


def test_the_example(solution):
    assert_close(solution.nt_xent(Z, Z, 1.0), torch.tensor(math.log(math.e + 2) - 1))


@given(length=st.floats(0.1, 10))
@settings(max_examples=5)
def test_the_length_of_rows_does_not_matter(solution, length):
    loss, slope, _ = solution.value_and_slopes(length * Z, Z, 1.0)
    assert_close(loss, torch.tensor(math.log(math.e + 2) - 1))
    assert slope.shape == (2, 2)


def test_a_temperature_of_zero_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.nt_xent(Z, Z, 0.0)
