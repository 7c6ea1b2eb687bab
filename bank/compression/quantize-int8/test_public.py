"""Public checks of `quantize-int8`: the interface by small examples."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

X = np.array([-1.0, 0.0, 0.5, 2.0])


def test_affine_codes_of_the_example(solution):
    q, scale, zero_point = solution.quantize(X, bits=2)
    assert_equal(q, np.array([0, 1, 1, 3], dtype=np.uint8))
    assert_close(scale, np.array([1.0], dtype=np.float32))
    assert_equal(zero_point, np.array([1], dtype=np.uint8))
    assert_close(solution.dequantize(q, scale, zero_point), np.array([-1.0, 0.0, 0.0, 2.0], dtype=np.float32))


def test_symmetric_codes_of_two_rows(solution):
    x = np.array([[127.0, -64.0], [0.5, -1.0]], dtype=np.float32)
    q, scale, zero_point = solution.quantize(x, symmetric=True, axis=0)
    assert_equal(q, np.array([[127, -64], [64, -127]], dtype=np.int8))
    assert_close(scale, np.array([[1.0], [1 / 127]], dtype=np.float32))
    assert_equal(zero_point, np.zeros((2, 1), dtype=np.int8))


@given(seed=st.integers(0, 2**32 - 1), symmetric=st.booleans())
@settings(max_examples=15)
def test_the_error_is_at_most_half_a_step(solution, seed, symmetric):
    x = np.random.default_rng(seed).normal(size=(3, 5)).astype(np.float32)
    q, scale, zero_point = solution.quantize(x, symmetric=symmetric)
    error = np.abs(solution.dequantize(q, scale, zero_point) - x)
    assert error.max() <= 0.5001 * scale.max()
