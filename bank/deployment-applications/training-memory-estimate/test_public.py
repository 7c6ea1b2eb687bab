"""Public checks of `training-memory-estimate`: the interface by small examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

SMALL = {
    "layers": 12,
    "d": 768,
    "ff": 3072,
    "vocab": 50257,
    "positions": 1024,
    "heads": 12,
    "tied": True,
    "bias": True,
}


def test_the_smallest_gpt2(solution):
    assert_equal(solution.params(SMALL), 124439808)


def test_a_shared_optimizer(solution):
    expected = {"weights": 14, "gradients": 14, "optimizer": 48, "total": 76}
    assert_equal(solution.train_bytes(7, "adam", "mixed", world=2, stage=1), expected)


def test_a_tensor_with_two_names(solution):
    assert_equal(solution.stored_bytes([("a", 3, 4), ("b", 10, 16), ("a", 3, 4)]), 22)


@given(batch=st.integers(1, 9))
@settings(max_examples=10)
def test_twice_the_batch_is_twice_the_memory(solution, batch):
    one, two = (solution.activation_bytes(SMALL, size, 128, 2, False) for size in (batch, 2 * batch))
    assert_equal(two, 2 * one)


def test_operations_and_units(solution):
    assert_equal(solution.train_flops(10, 5, False), 300)
    assert_close(solution.in_units(3 * 2**30, "GiB"), 3.0)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.in_units(1, "gb")
