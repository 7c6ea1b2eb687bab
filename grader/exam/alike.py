"""Comparison by the words of a check that was imported: equal as Python's `==` has it, or by its own tolerance."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from grader.exam.compare import Mismatch, kind_of, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBERS = (int, float, complex)


def assert_alike(
    actual: Any, expected: Any, *, atol: float = 0.0, any_order: bool = False, any_sequence: bool = False
) -> None:
    """Check that two values are equal as plain Python has it, in which `True == 1 == 1.0`.

    For suites that repeat another format's check and must accept what that accepts; a suite of ours uses
    `assert_equal`.

    Args:
        actual: what came back, as data.
        expected: of the builtin types.
        atol: allowed absolute error of every number, however deep it stands.
        any_order: whether a list may come in any order.
        any_sequence: whether a tuple may stand for a list, and a list for a tuple.

    Raises:
        Mismatch: says where they first differ.
    """
    difference = _Alike(atol, any_order=any_order, any_sequence=any_sequence).difference(actual, expected, "")
    if difference:
        raise Mismatch(difference, expected=summary(expected), actual=summary(actual))


class _Alike:
    def __init__(self, atol: float, *, any_order: bool, any_sequence: bool) -> None:
        self._atol, self._any_order, self._any_sequence = atol, any_order, any_sequence

    def difference(self, actual: Any, expected: Any, place: str) -> str:
        """Return where two values first differ, or an empty string."""
        actual = _without_scalar(actual)
        if kind_of(expected) == "array" or kind_of(actual) == "array":
            return self._in_array(actual, expected, place)
        if isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
            return self._in_sequence(actual, expected, place)
        if isinstance(expected, dict) and isinstance(actual, dict) and actual.keys() == expected.keys():
            found = (self.difference(actual[key], expected[key], f"{place}[{summary(key, 40)}]") for key in expected)
            return next(filter(None, found), "")
        if self._same(actual, expected):
            return ""
        return f"{f'at {place}: ' if place else ''}{summary(actual)}, expected {summary(expected)}"

    def _same(self, actual: Any, expected: Any) -> bool:
        if isinstance(expected, float) and expected != expected:  # noqa: PLR0124  NaN is what differs from itself
            return isinstance(actual, float) and actual != actual  # noqa: PLR0124  the same
        if isinstance(actual, _NUMBERS) and isinstance(expected, _NUMBERS) and actual != expected:
            return self._atol > 0 and _distance(actual, expected) <= self._atol
        return type(actual == expected) is bool and actual == expected

    def _in_sequence(self, actual: Sequence[Any], expected: Sequence[Any], place: str) -> str:
        where = f"at {place}: " if place else ""
        if type(actual) is not type(expected) and not self._any_sequence:
            return f"{where}type {type(actual).__name__}, expected {type(expected).__name__}"
        if len(actual) != len(expected):
            return f"{where}length {len(actual)}, expected {len(expected)}"
        if self._any_order and not place:
            return self._in_any_order(actual, expected)
        found = (self.difference(*pair, f"{place}[{i}]") for i, pair in enumerate(zip(actual, expected, strict=True)))
        return next(filter(None, found), "")

    def _in_array(self, actual: Any, expected: Any, place: str) -> str:
        """Compare two arrays, or, where any sequence will do, an array and a list that makes one."""
        import numpy as np

        where = f"at {place}: " if place else ""
        kinds = {kind_of(actual), kind_of(expected)}
        if kinds != {"array"} and not (self._any_sequence and kinds <= {"array", "list", "tuple"}):
            return f"{where}type {kind_of(actual)}, expected {kind_of(expected)}"
        try:
            mine, theirs = np.asarray(actual), np.asarray(expected)
        except ValueError:  # lists of unequal lengths make no array
            return f"{where}{summary(actual)}, expected {summary(expected)}"
        if mine.dtype.kind != theirs.dtype.kind and not (self._any_sequence and mine.dtype.kind in "biuf"):
            return f"{where}dtype {mine.dtype}, expected {theirs.dtype}"
        if mine.shape != theirs.shape:
            return f"{where}shape {mine.shape}, expected {theirs.shape}"
        difference = self.difference(mine.tolist(), theirs.tolist(), "")
        return f"{where}{difference}" if difference else ""

    def _in_any_order(self, actual: Sequence[Any], expected: Sequence[Any]) -> str:
        left = list(actual)
        for item in expected:
            place = next((i for i, mine in enumerate(left) if not self.difference(mine, item, "item")), None)
            if place is None:
                return f"{summary(item)} is missing, in whatever order"
            del left[place]
        return ""


def _without_scalar(value: Any) -> Any:
    """Return a number of numpy's as one of Python's."""
    numpy = sys.modules.get("numpy")
    return value.item() if numpy is not None and isinstance(value, numpy.generic) else value


def _distance(actual: complex, expected: complex) -> float:
    try:
        return abs(actual - expected)
    except OverflowError:  # an integer beyond the largest float
        return float("inf")
