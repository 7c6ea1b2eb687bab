"""Values: what may cross the boundary, and how it is written. Standard library only.

The body of a frame is one value. A value is a tag byte and what belongs to it:

    N T F            None, True, False
    i I              integer of 64 bits; of any size (length, two's complement)
    f c s b          float, complex, str (UTF-8), bytes
    l t S Z          list, tuple, set, frozenset: count, then the values
    d                dict: count, then key and value in turn
    V                list or tuple of only floats, only 64-bit integers or only bools, packed
    a x              numpy array, numpy scalar: dtype, shape, buffer
    e                torch tensor: dtype, shape, buffer
    h                handle: the number of an object that stays in the guest, and its type's name

There is no tag for a pickle: requests are pickles (`requests`), what is read here never is.

A buffer stands in the body, or, when it is large, in the arena: memory shared by both sides, written before the
frame is sent and copied out before it is used, so that nothing that changes later is ever read.
"""

from __future__ import annotations

import math
import re
import struct
import sys
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 100
MAX_NODES = 4_000_000
MAX_INT_BYTES = 2**20
MAX_DIMS = 32
DECODE_SECONDS = 5.0
FEW = 64
"""Keys that cannot take long, whatever their hashes are."""
ARENA_FROM = 32 * 2**10

_IN_BODY, _IN_ARENA = b"BA"
_U8 = struct.Struct("<B")
_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")
_I64 = struct.Struct("<q")
_F64 = struct.Struct("<d")
_C128 = struct.Struct("<dd")
_SHAPES = [struct.Struct(f"<{dims}Q") for dims in range(MAX_DIMS + 1)]

# numpy allocates one item even for an empty array, and divides by a time unit's number: both are bounded here
_NUMPY_DTYPE = re.compile(
    r"\|b1|[<|][iu][1248]|<f(2|4|8|16)|<c(8|16|32)|<U[1-9]\d{0,3}|\|S[1-9]\d{0,3}"
    r"|<[mM]8(\[([1-9]\d{0,6})?(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?"
)
_LAST_CODE_POINT = 0x10FFFF
_TORCH_ITEM_BYTES = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "float8_e4m3fn": 1, "float8_e5m2": 1,
    "complex64": 8, "complex128": 16, "int64": 8, "int32": 4, "int16": 2, "int8": 1,
    "uint64": 8, "uint32": 4, "uint16": 2, "uint8": 1, "bool": 1,
}  # fmt: skip


_NUMPY_NAMES = {
    "float64": b"<f8", "float32": b"<f4", "float16": b"<f2", "complex64": b"<c8", "complex128": b"<c16",
    "int64": b"<i8", "int32": b"<i4", "int16": b"<i2", "int8": b"|i1",
    "uint64": b"<u8", "uint32": b"<u4", "uint16": b"<u2", "uint8": b"|u1", "bool": b"|b1",
}  # fmt: skip
"""Of torch's dtypes those that numpy has: through it a tensor is made in a third of the time."""


class WireError(Exception):
    """What came over the wire, or should go over it, is not what the protocol allows."""


class PeerClosedError(WireError):
    """The other side closed the connection."""


@dataclass(frozen=True)
class HandleRef:
    """An object that stays in the guest, as it travels."""

    number: int
    type_name: str


Parts: TypeAlias = tuple[bytes, tuple[int, ...], "bytes | memoryview"]
"""Of an array: the name of its dtype, its shape, and its items, packed, in C order, little-endian."""


class Fallback(Protocol):
    """What stands for a value that is no data."""

    def __call__(self, value: object, /) -> HandleRef: ...


def encode(value: object, *, fallback: Fallback, arena: memoryview | None = None) -> bytearray:
    """Write one value into a frame body; large buffers go into `arena` while they fit.

    Raises:
        WireError: the value is nested too deeply, or refers to itself.
    """
    encoder = Encoder(fallback, arena)
    encoder.write(value, 0)
    return encoder.body


class Encoder:
    """Writes one value; subclasses of the known types are written as their base."""

    def __init__(self, fallback: Fallback, arena: memoryview | None) -> None:
        self.body = bytearray()
        self._fallback = fallback
        self._arena = arena
        self._used = 0

    def write(self, value: object, depth: int) -> None:
        """Append `value` to the body."""
        if depth > MAX_DEPTH:
            raise WireError(f"the value is nested deeper than {MAX_DEPTH} levels, or contains itself")
        (_WRITERS.get(type(value)) or _writer_of_base(value))(self, value, depth)

    def write_buffer(self, data: memoryview | bytes) -> None:
        size = len(data)
        if size >= ARENA_FROM and self._arena is not None and size <= len(self._arena) - self._used:
            self.body += b"A" + _U64.pack(self._used) + _U64.pack(size)
            self._arena[self._used : self._used + size] = data
            self._used += size
        else:
            self.body += b"B" + _U64.pack(size)
            self.body += data

    def write_other(self, value: object) -> None:
        """Append what stands for a value that is no data."""
        ref = self._fallback(value)
        name = ref.type_name.encode("utf-8", "replace")[:200]
        self.body += b"h" + _U64.pack(ref.number) + _U32.pack(len(name)) + name


def _write_none(encoder: Encoder, _value: Any, _depth: int) -> None:
    encoder.body += b"N"


def _write_bool(encoder: Encoder, value: Any, _depth: int) -> None:
    encoder.body += b"T" if value else b"F"


def _write_int(encoder: Encoder, value: Any, _depth: int) -> None:
    value = int(value)
    if -(2**63) <= value < 2**63:
        encoder.body += b"i" + _I64.pack(value)
        return
    size = value.bit_length() // 8 + 1
    if size > MAX_INT_BYTES:
        raise WireError(f"an integer of {size} bytes is larger than the wire carries")
    encoder.body += b"I" + _U32.pack(size) + value.to_bytes(size, "little", signed=True)


def _write_float(encoder: Encoder, value: Any, _depth: int) -> None:
    encoder.body += b"f" + _F64.pack(value)


def _write_complex(encoder: Encoder, value: Any, _depth: int) -> None:
    encoder.body += b"c" + _C128.pack(value.real, value.imag)


def _write_str(encoder: Encoder, value: Any, _depth: int) -> None:
    data = str.encode(value, "utf-8", "surrogatepass")
    encoder.body += b"s" + _U64.pack(len(data)) + data


def _write_bytes(encoder: Encoder, value: Any, _depth: int) -> None:
    encoder.body += b"b"
    encoder.write_buffer(memoryview(value).cast("B"))


def _write_sequence(encoder: Encoder, value: Any, depth: int) -> None:
    kind = b"t" if isinstance(value, tuple) else b"l"
    items = list(value) if kind == b"l" else tuple(value)
    packed = _pack(items) if len(items) >= 8 else None
    if packed is not None:
        code, data = packed
        encoder.body += b"V" + kind + code + _U64.pack(len(items)) + data
        return
    _write_items(encoder, kind, items, depth)


def _write_set(encoder: Encoder, value: Any, depth: int) -> None:
    kind = b"Z" if isinstance(value, frozenset) else b"S"
    _write_items(encoder, kind, list(value), depth)


def _write_items(encoder: Encoder, kind: bytes, items: Any, depth: int) -> None:
    encoder.body += kind + _U64.pack(len(items))
    for item in items:
        encoder.write(item, depth + 1)


def _write_dict(encoder: Encoder, value: Any, depth: int) -> None:
    pairs = list(dict.items(value))
    encoder.body += b"d" + _U64.pack(len(pairs))
    for key, item in pairs:
        encoder.write(key, depth + 1)
        encoder.write(item, depth + 1)


def _pack(items: Any) -> tuple[bytes, bytes] | None:
    """Pack a sequence of one number type into machine words, or return None."""
    types = set(map(type, items))
    if types == {float}:
        return b"d", struct.pack(f"<{len(items)}d", *items)
    if types == {bool}:
        return b"?", bytes(items)
    if types == {int}:
        try:
            return b"q", struct.pack(f"<{len(items)}q", *items)
        except struct.error:  # an integer beyond 64 bits
            return None
    return None


def _write_array(encoder: Encoder, value: Any, _depth: int) -> None:
    parts = array_parts(value)
    if parts is None:
        encoder.write_other(value)
        return
    name, shape, data = parts
    encoder.body += _head(b"x" if isinstance(value, sys.modules["numpy"].generic) else b"a", name, shape)
    encoder.write_buffer(data)


def array_parts(value: Any) -> Parts | None:
    """Return dtype, shape and items of a numpy array or scalar; None where no dtype of the wire can hold it."""
    numpy = sys.modules["numpy"]
    array = value if type(value) is numpy.ndarray else numpy.asarray(value)
    name, is_big = _name_of(array.dtype)
    if not name or (array is not value and isinstance(value, numpy.ma.MaskedArray)):
        return None
    if is_big:
        array = array.astype(array.dtype.newbyteorder("<"))
    return name, array.shape, _items_of(array)


def _items_of(array: Any) -> bytes | memoryview:
    if array.nbytes < ARENA_FROM:
        data: bytes = array.tobytes()
        return data
    numpy = sys.modules["numpy"]  # copied once, into the frame or the arena
    view: memoryview = numpy.ascontiguousarray(array).reshape(-1).view(numpy.uint8).data
    return view


@lru_cache(maxsize=256)
def _name_of(dtype: Any) -> tuple[bytes, bool]:
    """Return the name of a numpy dtype on the wire, empty if that does not carry it, and whether it is big-endian."""
    name: str = dtype.newbyteorder("<").str
    return name.encode("ascii") if _NUMPY_DTYPE.fullmatch(name) else b"", dtype.str[0] == ">"


def _write_tensor(encoder: Encoder, value: Any, _depth: int) -> None:
    parts = tensor_parts(value)
    if parts is None:
        encoder.write_other(value)
        return
    name, shape, data = parts
    encoder.body += _head(b"e", name, shape)
    encoder.write_buffer(data)


def tensor_parts(value: Any) -> Parts | None:
    """Return dtype, shape and items of a torch tensor; None where the wire does not carry it."""
    torch = sys.modules["torch"]
    name, seen_as = _kind_of(value.dtype)
    if not name or value.layout != torch.strided or value.is_meta or value.is_quantized:
        return None
    if type(value) not in {torch.Tensor, torch.nn.Parameter}:
        value = value.detach().as_subclass(torch.Tensor)
    if seen_as is not None:
        value = value.detach().view(seen_as)
    array = value.numpy(force=True)  # in one call: without a graph, on the CPU, as its values
    return name, array.shape, _items_of(array)


@lru_cache(maxsize=64)
def _kind_of(dtype: Any) -> tuple[bytes, Any]:
    """Return the name of a torch dtype, empty if the wire does not carry it, and as what numpy sees one it lacks."""
    torch = sys.modules["torch"]
    name = str(dtype).removeprefix("torch.")
    lacking = {"bfloat16": torch.int16, "float8_e4m3fn": torch.uint8, "float8_e5m2": torch.uint8}
    return name.encode("ascii") if name in _TORCH_ITEM_BYTES else b"", lacking.get(name)


@lru_cache(maxsize=1024)
def _head(tag: bytes, name: bytes, shape: tuple[int, ...]) -> bytes:
    dims = len(shape)
    return tag + _U8.pack(len(name)) + name + _U8.pack(dims) + struct.pack(f"<{dims}Q", *shape)


def _write_other(encoder: Encoder, value: Any, _depth: int) -> None:
    encoder.write_other(value)


_WRITERS: dict[type, Any] = {
    type(None): _write_none,
    bool: _write_bool,
    int: _write_int,
    float: _write_float,
    complex: _write_complex,
    str: _write_str,
    bytes: _write_bytes,
    list: _write_sequence,
    tuple: _write_sequence,
    dict: _write_dict,
    set: _write_set,
    frozenset: _write_set,
}


def _writer_of_base(value: object) -> Any:
    """Choose the writer of a value whose exact type is not listed: a subclass, an array, a tensor, no data."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    kind = type(value)
    if torch is not None and issubclass(kind, torch.Tensor):
        return _WRITERS.setdefault(kind, _write_tensor) if kind is torch.Tensor else _write_tensor
    if numpy is not None and issubclass(kind, numpy.ndarray | numpy.generic):
        return _WRITERS.setdefault(kind, _write_array) if kind is numpy.ndarray else _write_array
    # a class that only claims to be a list (by __class__) has no list inside: issubclass asks the true type
    return next((_WRITERS[base] for base in kind.__mro__ if base in _WRITERS), _write_other)


def decode(
    body: bytes | bytearray | memoryview,
    *,
    on_handle: Callable[[HandleRef], object] | None = None,
    arena: memoryview | None = None,
    on_arena: Callable[[], None] | None = None,
    deadline: float | None = None,
) -> Any:
    """Rebuild the one value of a frame body, from copies, as exactly one of the wire's types.

    Args:
        body: what stood in the frame.
        on_handle: turns a handle into an object; without it a handle is refused.
        arena: where large buffers stand.
        on_arena: told of each that does.
        deadline: moment of time.monotonic until which it may take; never more than DECODE_SECONDS.

    Raises:
        WireError: anything else than one well-formed value.
    """
    decoder = Decoder(body, on_handle, arena, on_arena, deadline)
    try:
        value = decoder.read(0)
    # RuntimeError is torch's word for a shape it cannot hold
    except (struct.error, ValueError, TypeError, OverflowError, IndexError, MemoryError, RuntimeError) as error:
        raise WireError(f"malformed value: {error}") from error
    if decoder.position != decoder.size:
        raise WireError("malformed value: bytes left over")
    return value


class Decoder:
    """Reads one value, within bounds of depth, number and time.

    What follows a tag is read by a function of `_READERS`, which leaves `position` behind it. They unpack in place and
    call little: a suite makes hundreds of calls, and a guest reads their arguments before it does anything else.
    """

    def __init__(
        self,
        body: bytes | bytearray | memoryview,
        on_handle: Callable[[HandleRef], object] | None,
        arena: memoryview | None,
        on_arena: Callable[[], None] | None,
        deadline: float | None,
    ) -> None:
        # a slice of a bytearray is a copy of its own, as every value must be
        self.body = body if type(body) is bytearray else bytearray(body)
        self.size = len(body)
        self.position = 0
        self._on_handle = on_handle
        self._arena = arena
        self._on_arena = on_arena
        self._nodes = 0
        last = time.monotonic() + DECODE_SECONDS
        self._deadline = last if deadline is None else min(deadline, last)

    def read(self, depth: int) -> Any:
        """Read the value at the current position."""
        position = self.position
        self.position = position + 1
        return _READERS[self.body[position]](self, depth)

    def _check_bounds(self) -> None:
        # colliding hashes make a small dict quadratic, so time is bounded as well as number
        if self._nodes > MAX_NODES or time.monotonic() > self._deadline:
            raise WireError("malformed value: too large")

    def take(self, size: int) -> bytearray:
        """Return a copy of the next `size` bytes."""
        start = self.position
        end = start + size
        if end > self.size:
            raise WireError("malformed value: it ends too early")
        self.position = end
        return self.body[start:end]

    def sized(self) -> bytearray:
        """Read a length of 64 bits, and return a copy of so many bytes."""
        start = self.position + 8
        end: int = start + _U64.unpack_from(self.body, start - 8)[0]
        if end > self.size:
            raise WireError("malformed value: it ends too early")
        self.position = end
        return self.body[start:end]

    def unpack(self, form: struct.Struct) -> Any:
        """Read one fixed-size field; struct refuses one that ends beyond the body."""
        value = form.unpack_from(self.body, self.position)[0]
        self.position += form.size
        return value

    def count(self, depth: int) -> int:
        """Open a container: read a number of items; each takes at least one byte, so it cannot exceed what is left."""
        number: int = self.unpack(_U64)
        if number and depth >= MAX_DEPTH:
            raise WireError("malformed value: nested too deeply")
        if number > self.size - self.position:
            raise WireError("malformed value: more items than bytes")
        self._add_nodes(number)
        return number

    def _add_nodes(self, number: int) -> None:
        """Count values that are to be read, and look at the bounds after every thousand."""
        before, self._nodes = self._nodes, self._nodes + number
        if before >> 10 != self._nodes >> 10:
            self._check_bounds()

    def buffer(self) -> bytearray:
        """Copy a buffer out of the body or the arena."""
        where = self.body[self.position]
        self.position += 1
        if where == _IN_BODY:
            return self.sized()
        if where != _IN_ARENA or self._arena is None:
            raise WireError("malformed value: no such buffer")
        start, size = self.unpack(_U64), self.unpack(_U64)
        if start + size > len(self._arena):
            raise WireError("malformed value: buffer outside the arena")
        if self._on_arena is not None:
            self._on_arena()
        return bytearray(self._arena[start : start + size])

    def items(self, depth: int) -> list[Any]:
        """Read a count and that many values."""
        result: list[Any] = []
        body, readers, depth = self.body, _READERS, depth + 1
        for number in range(self.count(depth - 1)):
            position = self.position
            self.position = position + 1
            result.append(readers[body[position]](self, depth))
            if number & 0x3FF == 0x3FF:
                self._check_bounds()
        return result

    def mapping(self, depth: int) -> dict[Any, Any]:
        """Read a count and that many pairs."""
        result: dict[Any, Any] = {}
        pairs = self.count(depth)
        self._add_nodes(pairs)  # a value beside each key
        for number in range(pairs):
            key = self.read(depth + 1)
            result[key] = self.read(depth + 1)
            if number > FEW:
                self._check_bounds()
        return result

    def members(self, depth: int) -> set[Any]:
        """Read a count and that many members, checking time as it goes."""
        result: set[Any] = set()
        for number in range(self.count(depth)):
            result.add(self.read(depth + 1))
            if number > FEW:
                self._check_bounds()
        return result

    def shape_and_dtype(self) -> tuple[bytes, tuple[int, ...]]:
        """Read the head of an array."""
        body, start = self.body, self.position + 1
        end = start + body[start - 1]
        dims = body[end]
        if dims > MAX_DIMS:
            raise WireError(f"malformed value: {dims} dimensions")
        shape = _SHAPES[dims].unpack_from(body, end + 1)
        self.position = end + 1 + 8 * dims
        return bytes(body[start:end]), shape

    def packed(self) -> Any:
        """Read a packed list or tuple of numbers."""
        kind, code = bytes(self.take(1)), bytes(self.take(1))
        if code not in {b"d", b"q", b"?"} or kind not in {b"l", b"t"}:
            raise WireError("malformed value: unknown packing")
        number: int = self.unpack(_U64)
        width = 1 if code == b"?" else 8
        if number * width > self.size - self.position:
            raise WireError("malformed value: more items than bytes")
        self._nodes += number // 8
        self._check_bounds()
        form = f"<{number}{code.decode()}"
        values = struct.unpack_from(form, self.body, self.position)
        self.position += width * number
        return list(values) if kind == b"l" else values

    def handle(self) -> object:
        """Read a handle."""
        number = self.unpack(_U64)
        name = self.take(self.unpack(_U32)).decode("utf-8", "replace")
        if self._on_handle is None:
            raise WireError("malformed value: a handle is not allowed here")
        return self._on_handle(HandleRef(number, name))


def _read_int(decoder: Decoder, _depth: int) -> Any:
    position = decoder.position
    decoder.position = position + 8
    return _I64.unpack_from(decoder.body, position)[0]


def _read_big_int(decoder: Decoder, _depth: int) -> int:
    size = decoder.unpack(_U32)
    if size > MAX_INT_BYTES:
        raise WireError("malformed value: integer too large")
    return int.from_bytes(decoder.take(size), "little", signed=True)


def _read_float(decoder: Decoder, _depth: int) -> Any:
    position = decoder.position
    decoder.position = position + 8
    return _F64.unpack_from(decoder.body, position)[0]


def _read_str(decoder: Decoder, _depth: int) -> str:
    return decoder.sized().decode("utf-8", "surrogatepass")


def _read_array(decoder: Decoder, _depth: int) -> Any:
    name, shape = decoder.shape_and_dtype()
    data = decoder.buffer()
    ndarray, _, item_bytes, kind = _dtype_of(name)
    _check_size(shape, item_bytes, data, boolean=kind == "b")
    if kind == "U" and data and ndarray(len(data) // 4, "<u4", data).max() > _LAST_CODE_POINT:
        raise WireError("malformed value: text that is no text")
    return make_array(shape, name, data)


def make_array(shape: tuple[int, ...], name: bytes, data: bytearray) -> Any:
    """Return a numpy array whose memory is this buffer, unless it has no items."""
    ndarray, dtype, _, _ = _dtype_of(name)
    return ndarray(shape, dtype, data) if data else ndarray(shape, dtype)


@lru_cache(maxsize=256)
def _dtype_of(name: bytes) -> tuple[Any, Any, int, str]:
    """Return numpy's class of arrays, the dtype of this name on the wire, its bytes and its kind."""
    import numpy as np

    text = name.decode("ascii")
    if not _NUMPY_DTYPE.fullmatch(text):
        raise WireError(f"malformed value: dtype {text!r}")
    dtype = np.dtype(text)
    return np.ndarray, dtype, dtype.itemsize, dtype.kind


def _read_scalar(decoder: Decoder, depth: int) -> Any:
    array = _read_array(decoder, depth)
    if array.ndim != 0:
        raise WireError("malformed value: a scalar with a shape")
    return array[()]


def _read_tensor(decoder: Decoder, _depth: int) -> Any:
    torch = sys.modules.get("torch")
    head, shape = decoder.shape_and_dtype()
    name = head.decode("ascii")
    data = decoder.buffer()
    if torch is None or name not in _TORCH_ITEM_BYTES:
        raise WireError(f"malformed value: tensor of dtype {name!r}")
    _check_size(shape, _TORCH_ITEM_BYTES[name], data, boolean=name == "bool")
    return make_tensor(shape, head, data)


def make_tensor(shape: tuple[int, ...], dtype_name: bytes, data: bytearray) -> Any:
    """Return a torch tensor whose memory is this buffer, unless it has no items."""
    torch, name = sys.modules["torch"], dtype_name.decode("ascii")
    if data and name in _NUMPY_NAMES:
        return torch.from_numpy(make_array(shape, _NUMPY_NAMES[name], data))
    dtype = getattr(torch, name)
    return torch.frombuffer(data, dtype=dtype).reshape(shape) if data else torch.empty(shape, dtype=dtype)


def _check_size(shape: tuple[int, ...], item_bytes: int, data: bytearray, *, boolean: bool) -> None:
    if math.prod(shape) * item_bytes != len(data):
        raise WireError("malformed value: shape and bytes disagree")
    if boolean and data.translate(None, b"\x00\x01"):
        raise WireError("malformed value: a bool that is neither true nor false")


def _read_unknown(decoder: Decoder, _depth: int) -> Any:
    raise WireError(f"malformed value: unknown tag {decoder.body[decoder.position - 1]}")


_KNOWN: dict[bytes, Callable[[Decoder, int], Any]] = {
    b"N": lambda _d, _n: None,
    b"T": lambda _d, _n: True,
    b"F": lambda _d, _n: False,
    b"i": _read_int,
    b"I": _read_big_int,
    b"f": _read_float,
    b"c": lambda d, _n: complex(*_C128.unpack(d.take(16))),
    b"s": _read_str,
    b"b": lambda d, _n: bytes(d.buffer()),
    b"l": Decoder.items,
    b"t": lambda d, n: tuple(d.items(n)),
    b"S": Decoder.members,
    b"Z": lambda d, n: frozenset(d.members(n)),
    b"d": Decoder.mapping,
    b"V": lambda d, _n: d.packed(),
    b"a": _read_array,
    b"x": _read_scalar,
    b"e": _read_tensor,
    b"h": lambda d, _n: d.handle(),
}
_READERS = [_KNOWN.get(bytes([tag]), _read_unknown) for tag in range(256)]
"""By tag."""


__all__ = [
    "ARENA_FROM", "HandleRef", "PeerClosedError", "WireError", "array_parts", "decode", "encode", "make_array",
    "make_tensor", "tensor_parts",
]  # fmt: skip
