"""Comparison that explains itself: type, shape, dtype, finiteness, then values, and where the two first differ."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_RTOL = {"float64": 1e-10, "complex128": 1e-10, "float16": 1e-2, "bfloat16": 1e-2}
_DEFAULT_RTOL = 1e-5


class Mismatch(AssertionError):  # noqa: N818  what it says, as pytest says Failed
    """Two values differ; the parts stand apart so that a report may show some and withhold others."""

    def __init__(self, difference: str, *, expected: str, actual: str) -> None:
        self.difference, self.expected, self.actual = difference, expected, actual
        super().__init__(f"{difference}\n  expected {expected}\n  got      {actual}")


def assert_close(actual: Any, expected: Any, *, rtol: float | None = None, atol: float | None = None) -> None:
    """Check that `actual` equals `expected` up to rounding.

    Args:
        actual: what came back: numbers, numpy arrays, torch tensors, or lists, tuples and dicts of them.
        expected: what an oracle says, of the same types, shapes and dtypes.
        rtol: allowed relative error; by default 1e-10 for float64, 1e-5 for float32, 1e-2 for half precision.
        atol: allowed absolute error on top; by default `rtol` times the largest finite magnitude expected, so that an
            answer of zeros never passes because the truth is small.

    Raises:
        Mismatch: says where they first differ. NaN and infinity are accepted only where they are expected.
    """
    difference = _difference(actual, expected, _Tolerance(rtol, atol), "")
    if difference:
        raise Mismatch(difference, expected=summary(expected), actual=summary(actual))


def assert_equal(actual: Any, expected: Any) -> None:
    """Check that `actual` equals `expected` exactly, type and dtype included; NaN equals NaN.

    Raises:
        Mismatch: says where they first differ.
    """
    difference = _difference(actual, expected, _Tolerance(0.0, 0.0), "")
    if difference:
        raise Mismatch(difference, expected=summary(expected), actual=summary(actual))


class _Tolerance:
    def __init__(self, rtol: float | None, atol: float | None) -> None:
        self.rtol, self.atol = rtol, atol

    def relative(self, dtype: str) -> float:
        return self.rtol if self.rtol is not None else _RTOL.get(dtype, _DEFAULT_RTOL)

    def absolute(self, rtol: float, magnitude: float) -> float:
        return self.atol if self.atol is not None else rtol * magnitude


def _difference(actual: Any, expected: Any, tolerance: _Tolerance, place: str) -> str:
    """Return where the two first differ, or an empty string."""
    if kind_of(actual) != kind_of(expected):
        return f"{_at(place)}type {kind_of(actual)}, expected {kind_of(expected)}"
    if _is_array(expected):
        return _array_difference(actual, expected, tolerance, place)
    if isinstance(expected, dict):
        return _dict_difference(actual, expected, tolerance, place)
    if isinstance(expected, list | tuple):
        return _sequence_difference(actual, expected, tolerance, place)
    if isinstance(expected, float | complex):
        return _number_difference(actual, expected, tolerance, place)
    same = _typed(actual) == _typed(expected)
    return "" if same else f"{_at(place)}{summary(actual)}, expected {summary(expected)}"


def _at(place: str) -> str:
    """Name the place within a container, where there is one."""
    return f"at {place}: " if place else ""


def _dict_difference(actual: dict[Any, Any], expected: dict[Any, Any], tolerance: _Tolerance, place: str) -> str:
    mine, theirs = {_typed(key): key for key in actual}, {_typed(key): key for key in expected}
    missing = [key for typed, key in theirs.items() if typed not in mine]
    surplus = [key for typed, key in mine.items() if typed not in theirs]
    if missing or surplus:
        parts = [f"key {summary(missing[0], 80)} is missing"] if missing else []
        parts += [f"key {summary(surplus[0], 80)} is not expected"] if surplus else []
        return _at(place) + ", ".join(parts)
    for typed, key in theirs.items():
        difference = _difference(actual[mine[typed]], expected[key], tolerance, f"{place}[{summary(key, 40)}]")
        if difference:
            return difference
    return ""


def _typed(value: Any) -> Any:
    """Return a stand-in for a key or a member that equals only one of the same type; all NaN are one."""
    if isinstance(value, tuple):
        return tuple, tuple(map(_typed, value))
    if isinstance(value, frozenset | set):
        return frozenset, frozenset(map(_typed, value))
    return type(value), "nan" if value != value else value  # noqa: PLR0124  NaN is what differs from itself


def _sequence_difference(actual: Any, expected: Any, tolerance: _Tolerance, place: str) -> str:
    if len(actual) != len(expected):
        return f"{_at(place)}length {len(actual)}, expected {len(expected)}"
    for index, (mine, theirs) in enumerate(zip(actual, expected, strict=True)):
        difference = _difference(mine, theirs, tolerance, f"{place}[{index}]")
        if difference:
            return difference
    return ""


def _number_difference(actual: float | complex, expected: float | complex, tolerance: _Tolerance, place: str) -> str:
    rtol = tolerance.relative("float64" if tolerance.rtol is None else "")
    bound = rtol * _magnitude(expected) + tolerance.absolute(rtol, 0.0)
    if _typed(actual) == _typed(expected):
        return ""
    error = _magnitude(actual - expected)
    if math.isfinite(error) and error <= bound:
        return ""
    return f"{_at(place)}{actual!r}, expected {expected!r}: off by {error:.3g}, allowed {bound:.3g}"


def _magnitude(number: complex) -> float:
    try:
        return abs(number)
    except OverflowError:  # both parts of a complex number near the largest float
        return math.inf


def _array_difference(actual: Any, expected: Any, tolerance: _Tolerance, place: str) -> str:
    import numpy as np

    if tuple(actual.shape) != tuple(expected.shape):
        return f"{_at(place)}shape {tuple(actual.shape)}, expected {tuple(expected.shape)}"
    if actual.dtype != expected.dtype:
        return f"{_at(place)}dtype {dtype_name(actual)}, expected {dtype_name(expected)}"
    got, want = _as_numpy(actual), _as_numpy(expected)
    if want.dtype.kind in "mM":
        wrong = (got != want) & ~(np.isnat(got) & np.isnat(want))
        bound = np.zeros(want.shape)
    elif want.dtype.kind not in "fc":
        wrong = got != want
        bound = np.zeros(want.shape)
    else:
        rtol = tolerance.relative(dtype_name(expected))
        if _all_near(got, want, rtol, tolerance):
            return ""
        finite = np.isfinite(want)
        with np.errstate(invalid="ignore", over="ignore"):
            magnitude = float(np.abs(want[finite]).max()) if finite.any() else 0.0
            bound = rtol * np.abs(want) + tolerance.absolute(rtol, magnitude)
            near = np.isfinite(got) & finite & (np.abs(got - want) <= bound)
        wrong = ~(near | (got == want) | (np.isnan(got) & np.isnan(want)))
    if not wrong.any():
        return ""
    return _at(place) + _first_wrong(got, want, wrong, bound)


def _all_near(got: Any, want: Any, rtol: float, tolerance: _Tolerance) -> bool:
    """Whether all is finite and within the bounds: what nearly every comparison finds, with a third of the work."""
    import numpy as np

    if not want.size:
        return True
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.abs(want)
        largest = float(size.max())
        if not math.isfinite(largest):
            return False
        return bool((np.abs(got - want) <= rtol * size + tolerance.absolute(rtol, largest)).all())


def _first_wrong(got: Any, want: Any, wrong: Any, bound: Any) -> str:
    import numpy as np

    count, total = int(wrong.sum()), wrong.size
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    mine, theirs = got[index], want[index]
    text = f"{count} of {total} values differ; first at {list(index)}: {mine}, expected {theirs}"
    if want.dtype.kind in "fc" and np.isfinite(mine) and np.isfinite(theirs):
        with np.errstate(over="ignore"):
            text += f", off by {abs(mine - theirs):.3g}, allowed {float(bound[index]):.3g}"
    return text


def _as_numpy(array: Any) -> Any:
    """Widen to what numpy can compare: bfloat16 and the 8-bit floats have no numpy dtype."""
    import numpy as np

    if _is_tensor(array):
        array = array.detach()
        if array.dtype.is_floating_point:
            array = array.double()
        array = array.cpu().numpy()
    array = np.asarray(array)
    if array.dtype.kind not in "fc":
        return array
    with np.errstate(invalid="ignore"):  # of which a signalling NaN would warn
        return array.astype(np.float64 if array.dtype.kind == "f" else np.complex128, copy=False)


def _is_tensor(value: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _is_array(value: object) -> bool:
    numpy = sys.modules.get("numpy")
    return _is_tensor(value) or (numpy is not None and isinstance(value, numpy.ndarray | numpy.generic))


def kind_of(value: object) -> str:
    """Name the type as a person would: `tensor`, `array`, `float`, ..."""
    if _is_tensor(value):
        return "tensor"
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return "array"
    return type(value).__name__


def dtype_name(array: Any) -> str:
    """Return `float32` for numpy's and torch's alike."""
    return str(array.dtype).removeprefix("torch.")


def summary(value: object, limit: int = 300) -> str:
    """Describe a value in a line or a few: small ones whole, large ones by type, shape and range."""
    text = _summary(value, limit)
    if len(text) <= limit:
        return text
    size = f" ({kind_of(value)} of {len(value)})" if isinstance(value, _SIZED) else ""
    return f"{text[:limit]}…{size}"


_SIZED = (str, bytes, list, tuple, dict, set, frozenset)


def _summary(value: object, limit: int) -> str:  # noqa: PLR0911  one return per kind of value
    if _is_array(value):
        return _array_summary(value)
    if isinstance(value, dict):
        return _joined(
            "{", (f"{_summary(key, limit)}: {_summary(item, limit)}" for key, item in value.items()), "}", limit
        )
    if isinstance(value, list):
        return _joined("[", (_summary(item, limit) for item in value), "]", limit)
    if isinstance(value, tuple):
        return _joined("(", (_summary(item, limit) for item in value), ",)" if len(value) == 1 else ")", limit)
    if isinstance(value, int) and value.bit_length() > 256:
        return f"an int of {value.bit_length()} bits"  # its digits would take longer than anybody waits
    if isinstance(value, str | bytes):
        return repr(value[: limit + 1])
    try:
        return repr(value)
    except ValueError:  # Python refuses to write integers of over 4300 digits, wherever they stand
        return f"a {kind_of(value)} that holds a huge integer"


def _joined(opening: str, parts: Iterable[str], closing: str, limit: int) -> str:
    """Join the summaries of a container's items; beyond the limit the rest is not even written."""
    shown: list[str] = []
    length = 0
    for part in parts:
        shown.append(part)
        length += len(part) + 2
        if length > limit:
            return opening + ", ".join(shown)
    return f"{opening}{', '.join(shown)}{closing}"


def _array_summary(array: Any) -> str:
    shape = tuple(array.shape)
    head = f"{kind_of(array)}{shape} {dtype_name(array)}"
    numbers = _as_numpy(array)
    if numbers.size == 0:
        return f"{head}, empty"
    if numbers.size <= 12:
        return f"{head} {' '.join(str(numbers.tolist()).split())}"
    if numbers.dtype.kind not in "fiu":
        return head
    flat = numbers.reshape(-1)
    return f"{head}, from {flat.min():.4g} to {flat.max():.4g}, first {[float(f'{x:.4g}') for x in flat[:4].tolist()]}"
