"""Comparison: what counts as equal, what is said where two values differ, and that nothing returned can upset it."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_wire import arrays, values

from grader.exam import Mismatch, assert_close, assert_equal
from grader.exam.compare import summary

EXACT = settings(max_examples=100, deadline=None, database=None)
finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch", reason="torch is not installed")


def difference(actual: object, expected: object, **tolerance: float) -> str:
    """What `assert_close` says about two values that differ."""
    with pytest.raises(Mismatch) as caught:
        assert_close(actual, expected, **tolerance)
    return caught.value.difference


# --- Equal ---


@EXACT
@given(values())
def test_every_value_equals_itself(value: object) -> None:
    """NaN and infinity too, nested as deeply as they may be, exactly and nearly."""
    assert_equal(value, value)
    assert_close(value, value)


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<c8", ">c8"])
def test_a_signalling_nan_equals_itself(dtype: str) -> None:
    """Whichever bits make it one: widening it must not raise what numpy makes of a warning."""
    bits = np.array([0x7FA00000, 0x7FA00000], dtype=dtype[0] + "u4")
    value = bits.view(dtype)

    assert_equal(value, value)
    assert_close(value, value)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "complex128", "int8", "bool", "U3", "M8[s]"])
def test_empty_and_zero_dimensional_arrays_equal_themselves(dtype: str) -> None:
    """Without elements and without dimensions."""
    for shape in ((), (0,), (2, 0, 3)):
        assert_equal(np.zeros(shape, dtype), np.zeros(shape, dtype))


def test_missing_times_equal_each_other() -> None:
    """NaT is for times what NaN is for numbers."""
    times = np.array(["2020-01-01", "NaT"], "M8[D]")

    assert_equal(times, times.copy())


def test_tensors_of_every_precision_equal_themselves(torch: Any) -> None:
    """bfloat16 and float8 have no dtype in numpy, and are compared all the same."""
    for dtype in (torch.bfloat16, torch.float16, torch.float8_e5m2, torch.float64, torch.bool, torch.complex64):
        tensor = torch.tensor([0.0, 1.0]).to(dtype)

        assert_equal(tensor, tensor.clone())


# --- Nearly equal ---


@EXACT
@given(finite, st.floats(-0.9e-10, 0.9e-10))
def test_rounding_of_a_float_is_forgiven(number: float, error: float) -> None:
    """One part in 10^10, relative to what is expected."""
    assert_close(number * (1 + error), number)


@EXACT
@given(finite, st.floats(1e-9, 1.0), st.sampled_from([1, -1]))
def test_more_than_rounding_is_not(number: float, error: float, sign: int) -> None:
    """Ten times as much is wrong, at every magnitude."""
    wrong = number * (1 + sign * error)
    assume(wrong != number and abs(number) > 1e-290)

    with pytest.raises(Mismatch):
        assert_close(wrong, number)


@pytest.mark.parametrize(
    ("dtype", "near", "far"),
    [("float64", 1e-11, 1e-8), ("float32", 2e-6, 1e-4), ("float16", 5e-3, 5e-2), ("complex128", 1e-11, 1e-8)],
)
def test_the_tolerance_follows_the_dtype(dtype: str, near: float, far: float) -> None:
    """What is rounding in float16 is an error in float64."""
    expected = np.full(3, 1.0, dtype)

    assert_close((expected * (1 + near)).astype(dtype), expected)
    with pytest.raises(Mismatch, match="3 of 3 values differ"):
        assert_close((expected * (1 + far)).astype(dtype), expected)


def test_bfloat16_has_the_tolerance_of_half_precision(torch: Any) -> None:
    """One step in the last of its eight bits is forgiven, four are not."""
    expected = torch.tensor([1.0], dtype=torch.bfloat16)

    assert_close(torch.tensor([1.0 + 2**-7], dtype=torch.bfloat16), expected)
    with pytest.raises(Mismatch):
        assert_close(torch.tensor([1.0 + 2**-5], dtype=torch.bfloat16), expected)


def test_small_truths_are_not_met_by_zeros() -> None:
    """The absolute part of the tolerance follows the magnitude of what is expected."""
    expected = np.array([1e-12, 2e-12])

    assert difference(np.zeros(2), expected).startswith("2 of 2 values differ")
    assert_close(np.zeros(2), np.zeros(2))


def test_an_entry_near_zero_among_large_ones_is_forgiven() -> None:
    """Cancellation leaves errors in proportion to the largest entry."""
    expected = np.array([0.0, 1000.0])

    assert_close(np.array([1e-8, 1000.0]), expected)
    with pytest.raises(Mismatch):
        assert_close(np.array([1e-6, 1000.0]), expected)


def test_a_tolerance_may_be_given() -> None:
    """Relative, absolute, for arrays as for numbers."""
    assert_close(1.04, 1.0, rtol=0.05)
    assert_close(np.array([1.04]), np.array([1.0]), rtol=0.05)
    assert_close(0.1, 0.0, atol=0.2)
    assert_close([{"a": np.array([0.1])}], [{"a": np.array([0.0])}], atol=0.2)
    assert "allowed 0.05" in difference(1.06, 1.0, rtol=0.05)


SPECIAL = [math.nan, math.inf, -math.inf, 1.0]


@pytest.mark.parametrize("number", SPECIAL)
def test_infinity_and_nan_where_they_are_expected(number: float) -> None:
    """They equal themselves, in numbers and in arrays."""
    assert_close(number, number)
    assert_close(np.array([number, 1.0]), np.array([number, 1.0]))


@pytest.mark.parametrize(("actual", "expected"), list(itertools.permutations(SPECIAL, 2)))
def test_infinity_and_nan_where_they_are_not(actual: float, expected: float) -> None:
    """No tolerance makes them near to anything, nor anything near to them."""
    assert difference(actual, expected, rtol=0.5, atol=1e300)
    assert difference(np.array([actual, 1.0]), np.array([expected, 1.0]), rtol=0.5, atol=1e300)


# --- Different ---


class Sly:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 3


@pytest.mark.parametrize(
    ("actual", "expected", "said"),
    [
        (1, True, "type int, expected bool"),
        (1, 1.0, "type int, expected float"),
        ((1,), [1], "type tuple, expected list"),
        (None, 0, "type NoneType, expected int"),
        ("a", b"a", "type str, expected bytes"),
        (np.float64(1), 1.0, "type float64, expected float"),
        ([1.0], np.array([1.0]), "type list, expected array"),
        (Sly(), 3, "type Sly, expected int"),
        ({1}, frozenset({1}), "type set, expected frozenset"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "shape (2, 3), expected (3, 2)"),
        (np.zeros(()), np.zeros(1), "shape (), expected (1,)"),
        (np.zeros(2, "f4"), np.zeros(2), "dtype float32, expected float64"),
        (np.zeros(2, "i8"), np.zeros(2, "u8"), "dtype int64, expected uint64"),
        ([1, 2], [1, 2, 3], "length 2, expected 3"),
        ({"a": 1}, {"a": 1, "b": 2}, "key 'b' is missing"),
        ({"a": 1, "c": 0}, {"a": 1, "b": 2}, "key 'b' is missing, key 'c' is not expected"),
        ("abc", "abd", "'abc', expected 'abd'"),
        ({1, 2}, {1, 3}, "{1, 2}, expected {1, 3}"),
        (2.0, 1.0, "2.0, expected 1.0: off by 1, allowed 1e-10"),
        ([{"x": (0, 1)}], [{"x": (0, 2)}], "at [0]['x'][1]: 1, expected 2"),
        (
            {"w": np.array([[1.0, 2.0], [3.0, 5.0]])},
            {"w": np.array([[1.0, 2.0], [3.0, 4.0]])},
            "at ['w']: 1 of 4 values differ; first at [1, 1]: 5.0, expected 4.0, off by 1, allowed 8e-10",
        ),
        (np.array(5), np.array(6), "1 of 1 values differ; first at []: 5, expected 6"),
        (np.array([True]), np.array([False]), "1 of 1 values differ; first at [0]: True, expected False"),
    ],
)
def test_what_is_said_where_two_values_differ(actual: object, expected: object, said: str) -> None:
    """Type, then shape, then dtype, then the first value, with its place."""
    assert difference(actual, expected) == said


def test_a_tensor_is_no_array(torch: Any) -> None:
    """Equal numbers in the wrong library are wrong."""
    assert difference(np.zeros(2, "f4"), torch.zeros(2)) == "type array, expected tensor"
    assert difference(torch.zeros(2), torch.zeros(2).double()) == "dtype float32, expected float64"


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (1.0 + 2**-52, 1.0),
        (np.nextafter(np.array([1.0]), 2), np.array([1.0])),
        (1, 1.0),
        ({1}, {1.0}),
        ({1: 0}, {True: 0}),
        ({(1, 2)}, {(1, 2.0)}),
        (frozenset({frozenset({0})}), frozenset({frozenset({False})})),
    ],
)
def test_equal_means_exactly(actual: Any, expected: Any) -> None:
    """The last bit counts, and so does the type, in keys and members too."""
    with pytest.raises(Mismatch):
        assert_equal(actual, expected)


def test_a_mismatch_keeps_its_parts() -> None:
    """A report may show the difference and withhold what was expected."""
    with pytest.raises(Mismatch) as caught:
        assert_close([1.0, 2.0], [1.0, 3.0])

    assert (caught.value.expected, caught.value.actual) == ("[1.0, 3.0]", "[1.0, 2.0]")
    assert str(caught.value) == f"{caught.value.difference}\n  expected [1.0, 3.0]\n  got      [1.0, 2.0]"
    assert isinstance(caught.value, AssertionError)


# --- Nothing that was returned can upset it ---

MONSTERS = {
    "a long integer": 10**5000,
    "a list of one": [10**5000],
    "a key of one": {10**5000: 1},
    "a set of one": {10**5000},
    "a complex too far": complex(1.7e308, 1.7e308),
    "numbers too far apart": np.array([1.7e308, -1.7e308]),
    "complex numbers too far apart": np.array([complex(1.7e308, 1.7e308)] * 2),
    "a long key": {"k" * 100_000: 1},
    "a lone surrogate": "\ud800",
    "times without a unit": np.array([5]).view("M8"),
}
PLAIN: list[Any] = [
    1, 0j, "x", {"a": 1}, {1}, [0], np.array([-1.7e308, 1.7e308]), np.array([0j, 0j]), np.array(["a"]),
]  # fmt: skip


@pytest.mark.parametrize("monster", MONSTERS.values(), ids=MONSTERS.keys())
def test_a_monstrous_value_is_only_different(monster: Any) -> None:
    """Whatever comes back is a mismatch, of which a few lines tell; never a fault of the comparison."""
    for expected in PLAIN:
        for compare in (assert_close, assert_equal):
            with pytest.raises(Mismatch) as caught:
                compare(monster, expected)

            assert len(caught.value.expected) + len(caught.value.actual) < 1000
            assert str(caught.value)


def test_a_tensor_that_numpy_lacks_is_only_different(torch: Any) -> None:
    """float8 exists in torch alone; returned where something else is expected, it is a mismatch like any other."""
    odd = torch.zeros(2, dtype=torch.float8_e4m3fn)

    assert difference(odd, torch.zeros(2)) == "dtype float8_e4m3fn, expected float32"
    assert difference(odd, torch.ones(2).to(torch.float8_e4m3fn)).startswith("2 of 2 values differ")


@EXACT
@given(values(), values())
def test_two_values_are_equal_or_a_mismatch(actual: object, expected: object) -> None:
    """There is no third way, and equality does not depend on the side."""
    outcomes = set()
    for left, right in ((actual, expected), (expected, actual)):
        try:
            assert_equal(left, right)
            outcomes.add("equal")
        except Mismatch:
            outcomes.add("different")

    assert len(outcomes) == 1


# --- Summaries ---


@EXACT
@given(values() | arrays(), st.integers(20, 400))
def test_a_summary_is_short(value: object, limit: int) -> None:
    """It never grows with the value."""
    assert 0 < len(summary(value, limit)) <= limit + 60


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array([1.0, 2.0]), "array(2,) float64 [1.0, 2.0]"),
        (np.zeros((0, 3)), "array(0, 3) float64, empty"),
        (np.arange(100.0), "array(100,) float64, from 0 to 99, first [0.0, 1.0, 2.0, 3.0]"),
        (np.array([True] * 13), "array(13,) bool"),
        (np.float32(1.5), "float32() float32 1.5"),
        ({"a": np.array([1])}, "{'a': array(1,) int64 [1]}"),
        ((1,), "(1,)"),
        ((), "()"),
        (list(range(10_000)), "of 10000)"),
        ("x" * 1000, "(str of 1000)"),
        (2**1000, "an int of 1001 bits"),
    ],
)
def test_a_summary_says_what_it_is(value: object, text: str) -> None:
    """Small values whole, large ones by type, shape and range."""
    assert text in summary(value)
