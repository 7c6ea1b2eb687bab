"""Public checks of `lstm-forecast`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def plain_layer(inputs, hidden):
    blocks = {"weight_ih": (4 * hidden, inputs), "weight_hh": (4 * hidden, hidden), "bias_ih": 4 * hidden}
    return {name: np.zeros(shape) for name, shape in (blocks | {"bias_hh": 4 * hidden}).items()}


def test_a_gate_that_is_half_open(solution):
    layer = {**plain_layer(1, 1), "bias_ih": np.array([0.0, 0.0, 9.0, 0.0])}
    out, (h, c) = solution.lstm(np.zeros((1, 3, 1)), [layer], lengths=np.array([2]))
    assert_close(c, np.array([[[0.75 * np.tanh(9.0)]]]), rtol=1e-9)
    assert_close(h, np.array([[[0.5 * np.tanh(0.75 * np.tanh(9.0))]]]), rtol=1e-9)
    assert_close(out[0, 1:, 0], np.array([h[0, 0, 0], 0.0]), rtol=1e-9)


@given(batch=st.integers(1, 3), steps=st.integers(1, 4))
@settings(max_examples=10)
def test_shapes(solution, batch, steps):
    out, (h, c) = solution.lstm(np.ones((batch, steps, 2)), [plain_layer(2, 5), plain_layer(5, 5)])
    assert out.shape == (batch, steps, 5)
    assert h.shape == c.shape == (2, batch, 5)


def test_the_last_valid_rows(solution):
    out = np.arange(12.0).reshape(2, 3, 2)
    assert_equal(solution.last_valid(out, np.array([1, 3])), np.array([[0.0, 1.0], [10.0, 11.0]]))


def test_two_dimensions_are_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.lstm(np.ones((3, 2)), [plain_layer(2, 5)])
