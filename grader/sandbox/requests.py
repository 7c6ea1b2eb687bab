"""Requests: what the examiner asks of a guest, a pickle behind the number of the call. Standard library only.

Only this direction may be a pickle: nobody reads a request but the guest, and whoever writes one is trusted with
everything there; replies are values of `wire`. The interpreter reads a pickle in C, in a third of the time that values
of the wire take, and a suite asks hundreds of times. What arrives is the same: copies of exactly the wire's types, no
two of them one object, even where the examiner passed one object twice.
"""

from __future__ import annotations

import io
import pickle
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from grader.sandbox import calls
from grader.sandbox.wire import ARENA_FROM, HandleRef, WireError, array_parts, make_array, make_tensor, tensor_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from grader.sandbox.wire import Parts

PROTOCOL = 5
ENDLESS = "a value is nested too deeply, or contains itself"

Fallback: TypeAlias = "Callable[[object], HandleRef | bytes]"
"""What to send for a value that is no data: a handle, or a pickle of its own."""


class Request(NamedTuple):
    """What is asked."""

    operation: str
    arguments: Sequence[Any]
    dropped: Sequence[int] = ()
    """Handles whose objects nobody needs any more."""


def write(number: bytes, request: Request, fallback: Fallback, arena: memoryview | None = None) -> bytes:
    """Write a request; large arrays go into `arena` while they fit.

    Raises:
        WireError: a value contains itself, or is nested too deeply.
    """
    asked = (request.operation, list(request.arguments), list(request.dropped))
    try:
        body = _written(number, asked, _Writer, fallback, arena)
        if arena is not None and len(body) >= ARENA_FROM:  # so much beside arrays is rare, and a guest holds it twice
            body = _written(number, asked, _BytesToo, fallback, arena)
    except RecursionError as error:
        raise WireError(ENDLESS) from error
    except ValueError as error:
        if not str(error).startswith("fast mode"):  # with these words pickle meets a value within itself
            raise
        raise WireError(ENDLESS) from error
    return body


def _written(number: bytes, asked: object, kind: type[_Writer], fallback: Fallback, arena: memoryview | None) -> bytes:
    file = io.BytesIO()
    file.write(number)
    kind(file, fallback, arena).dump(asked)
    return file.getvalue()


def read(body: bytes | bytearray, named: Mapping[str, Callable[..., object]]) -> Request:
    """Read a request, in the guest; what goes wrong in a pickle that came with it is raised as it is.

    Args:
        body: what stood in the frame.
        named: see `names`.
    """
    return Request(*_Reader(body, named).load())


def names(held: Callable[[int], object], arena: memoryview | None = None) -> Mapping[str, Callable[..., object]]:
    """Return all that a request may name.

    Args:
        held: returns the object behind a handle.
        arena: where large arrays stand.
    """

    def copied(start: int, size: int) -> bytearray:
        return bytearray(_part(arena, start, size))

    def copied_bytes(start: int, size: int) -> bytes:
        return bytes(_part(arena, start, size))

    return {**_MAKERS, HandleRef.__name__: held, _Lent.__name__: copied, _LENT_BYTES: copied_bytes}


def _part(arena: memoryview | None, start: int, size: int) -> memoryview:
    assert arena is not None, "nothing stands in an arena that is not there"
    return arena[start : start + size]


class _Lent(NamedTuple):
    """A buffer that stands in the arena."""

    start: int
    size: int


_LENT_BYTES = "bytes"
"""What `names` calls the function for bytes that stand there."""


class _Reader(pickle.Unpickler):
    def __init__(self, body: bytes | bytearray, named: Mapping[str, Callable[..., object]]) -> None:
        super().__init__(io.BytesIO(memoryview(body)[calls.BYTES :]))
        self._named = named

    def find_class(self, _module: str, name: str) -> Any:
        return self._named[name]

    def persistent_load(self, place: tuple[int, int]) -> object:
        return self._named[_LENT_BYTES](*place)


class _Writer(pickle.Pickler):
    """Leaves builtin types to C, writes subclasses as their base, and names nothing but what `names` has."""

    def __init__(self, file: io.BytesIO, fallback: Fallback, arena: memoryview | None) -> None:
        super().__init__(file, PROTOCOL)
        self.fast = True  # no memo: what is passed twice arrives as two objects
        self._fallback = fallback
        self._arena = arena
        self._used = 0

    def reducer_override(self, value: Any) -> Any:
        """Return what makes a value where it is read: something of `names`, and what to call it with."""
        kind = type(value)
        if (kind is FunctionType or kind is type) and value in _NAMED:
            return NotImplemented  # it is written as its name
        if kind is _Lent:
            return _Lent, tuple(value)
        numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
        if torch is not None and issubclass(kind, torch.Tensor):
            return self._array(make_tensor, tensor_parts(value), value)
        if numpy is not None and issubclass(kind, numpy.ndarray | numpy.generic):
            return self._array(
                make_scalar if issubclass(kind, numpy.generic) else make_array, array_parts(value), value
            )
        if issubclass(kind, complex):
            return complex, (value.real, value.imag)
        # a class that only claims to be a list (by __class__) has no list inside: its bases are asked
        base = next((base for base in kind.__mro__ if base in _BASES), None)
        return self._other(value) if base is None else (plain, (_BASES[base](value),))

    def _array(self, make: Callable[..., object], parts: Parts | None, value: object) -> Any:
        if parts is None:
            return self._other(value)
        name, shape, data = parts
        return make, (shape, name, self._buffer(data))

    def _buffer(self, data: bytes | memoryview) -> object:
        return self.lent(data) or bytearray(data)

    def lent(self, data: bytes | memoryview) -> _Lent | None:
        """Put a large buffer into the arena, if there is one with room for it."""
        start, size = self._used, len(data)
        if self._arena is None or size < ARENA_FROM or size > len(self._arena) - start:
            return None
        self._arena[start : start + size] = data
        self._used += size
        return _Lent(start, size)

    def _other(self, value: object) -> Any:
        sent = self._fallback(value)
        return (unpickled, (sent,)) if isinstance(sent, bytes) else (HandleRef, (sent.number,))


class _BytesToo(_Writer):
    """Puts large `bytes` into the arena as well; it is asked about every value, which takes time."""

    def persistent_id(self, value: object) -> tuple[int, int] | None:
        place = self.lent(value) if type(value) is bytes else None
        return None if place is None else (place.start, place.size)


def make_scalar(shape: tuple[int, ...], name: bytes, data: bytearray) -> Any:
    """Return a numpy scalar."""
    return make_array(shape, name, data)[()]


def plain(value: object) -> object:
    """Return what an instance of a subclass was written as."""
    return value


def unpickled(data: bytes) -> object:
    """Return what came as a pickle of its own."""
    return pickle.loads(data)


_MAKERS: dict[str, Callable[..., object]] = {
    make.__name__: make for make in (make_array, make_scalar, make_tensor, plain, unpickled, complex)
}
_NAMED = {*_MAKERS.values(), HandleRef, _Lent}
_BASES: dict[type, Callable[[Any], object]] = {
    int: int.__int__,
    float: float.__float__,
    str: str.__str__,
    bytes: lambda value: bytes(memoryview(value)),
    list: list,
    tuple: tuple,
    dict: lambda value: dict(dict.items(value)),
    set: set,
    frozenset: frozenset,
}
"""How an instance of a subclass becomes one of the class itself."""
