"""The wire: every value comes back as itself or as its base, and no bytes whatever make a reader do anything else."""

from __future__ import annotations

import collections
import contextlib
import enum
import pickle
import struct
import sys
import time
import tracemalloc
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.sandbox import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KIB, MIB = 2**10, 2**20

settings.register_profile("wire", deadline=None, database=None)
FEW = settings(settings.get_profile("wire"), max_examples=60)
MANY = settings(settings.get_profile("wire"), max_examples=300)


def refuse(value: object) -> wire.HandleRef:
    raise wire.WireError(f"no data: {type(value).__name__}")


def keep(value: object) -> wire.HandleRef:
    return wire.HandleRef(7, type(value).__name__)


def written(value: object, arena: memoryview | None = None) -> bytes:
    return bytes(wire.encode(value, fallback=refuse, arena=arena))


def sent(value: object, arena: memoryview | None = None) -> Any:
    """What arrives when `value` is sent."""
    return wire.decode(written(value, arena), arena=arena)


def is_tensor(value: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def fingerprint(value: Any) -> Any:
    """Everything that two values must share to be the same: exact type, dtype, shape, order, every bit."""
    name = type(value).__name__
    if isinstance(value, np.ndarray | np.generic):
        return name, value.dtype.str, value.shape, value.tobytes()
    if is_tensor(value):
        flat = value.detach().contiguous().reshape(-1)
        content = flat.view(sys.modules["torch"].uint8).numpy().tobytes() if flat.numel() else b""
        return name, str(value.dtype), tuple(value.shape), content
    match value:
        case float():
            return name, struct.pack("<d", value)
        case complex():
            return name, struct.pack("<dd", value.real, value.imag)
        case list() | tuple():
            return name, tuple(map(fingerprint, value))
        case set() | frozenset():
            return name, frozenset(collections.Counter(map(fingerprint, value)).items())
        case dict():
            return name, tuple((fingerprint(key), fingerprint(item)) for key, item in value.items())
    return name, value


def same(left: object, right: object) -> bool:
    return bool(fingerprint(left) == fingerprint(right))


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch", reason="torch is not installed")


# --- Values ---


def bits_as_float(bits: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


floats = st.floats() | st.integers(0, 2**64 - 1).map(bits_as_float)
huge = st.builds(lambda sign, bits, low: sign * (1 << bits) + low, st.sampled_from([1, -1]), st.integers(60, 20_000),
                 st.integers(-2, 2))  # fmt: skip
integers = st.integers() | huge
any_text = st.text(st.characters(exclude_categories=()), max_size=9)  # lone surrogates too
ATOMS = st.one_of(st.none(), st.booleans(), integers, floats, st.builds(complex, floats, floats), any_text,
                  st.binary(max_size=50))  # fmt: skip


@st.composite
def atoms(draw: st.DrawFn) -> Any:
    """A value that holds no other."""
    return draw(ATOMS)


@st.composite
def keys(draw: st.DrawFn) -> Any:
    """A value that may stand in a set."""
    inner = draw(atoms())
    return draw(st.sampled_from([inner, (inner,), ("key", inner), frozenset([inner])]))


DTYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16"]
TIMES = ["M8[D]", "M8[ns]", "m8[ms]", "m8[25us]"]
ORDERS: list[Callable[[Any], Any]] = [
    lambda array: array,
    lambda array: array.T,
    lambda array: array[::-1] if array.ndim else array,
    lambda array: array[..., ::2] if array.ndim else array,
    lambda array: np.broadcast_to(array, (2, *array.shape)),
    np.asfortranarray,
]


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    """An array of any dtype that travels, of any bits, in any layout."""
    dtype = np.dtype(draw(st.sampled_from("<>")) + draw(st.sampled_from([*DTYPES, *TIMES, "U3", "S5"])))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    count = int(np.prod(shape))
    if dtype.kind == "U":
        array = np.array(draw(st.lists(st.text(max_size=3), min_size=count, max_size=count)), dtype).reshape(shape)
    else:
        size = count * dtype.itemsize
        raw = np.frombuffer(draw(st.binary(min_size=size, max_size=size)), np.uint8)
        array = (raw & 1 if dtype.kind == "b" else raw).view(dtype).reshape(shape)
    return draw(st.sampled_from(ORDERS))(array)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys(), inner, max_size=3),
        st.sets(keys(), max_size=3),
        st.frozensets(keys(), max_size=3),
        st.lists(floats, min_size=8, max_size=12),
        st.lists(integers, min_size=8, max_size=12).map(tuple),
        st.lists(st.booleans(), min_size=8, max_size=12),
    )


VALUES = st.recursive(atoms() | arrays(), containers, max_leaves=6)


@st.composite
def values(draw: st.DrawFn) -> Any:
    """Any value of the wire's, nested."""
    return draw(VALUES)


def little(value: Any) -> Any:
    """The same value with its arrays in the byte order of the wire."""
    match value:
        case np.ndarray() | np.generic():
            return value.astype(value.dtype.newbyteorder("<"))
        case list():
            return [little(item) for item in value]
        case tuple():
            return tuple(little(item) for item in value)
        case dict():
            return {key: little(item) for key, item in value.items()}
    return value


@MANY
@given(values())
def test_every_value_comes_back_as_itself(value: object) -> None:
    """Type, order, shape and every bit survive; only the byte order of arrays becomes little-endian."""
    assert same(sent(value), little(value))


@FEW
@given(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3), st.sampled_from([*DTYPES, *TIMES]))
def test_an_array_of_every_shape(shape: tuple[int, ...], dtype: str) -> None:
    """Arrays without dimensions and without elements keep shape and dtype."""
    array = np.zeros(shape, dtype)

    assert same(sent(array), array)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_numpy_scalar_stays_one(dtype: str) -> None:
    """np.float64(1) is no float, and comes back as np.float64."""
    scalar = np.dtype(dtype).type(1)

    assert type(sent(scalar)) is type(scalar)
    assert sent(scalar) == scalar


ODD_SCALARS = [
    np.str_("añ"), np.str_(""), np.bytes_(b"a\0b"), np.bytes_(b""), np.datetime64("NaT"), np.timedelta64(3),
    np.datetime64("2020-02-29T12", "h"),
]  # fmt: skip


@pytest.mark.parametrize("scalar", ODD_SCALARS, ids=repr)
def test_a_text_or_a_time_of_numpy_stays_one(scalar: Any) -> None:
    """Texts without a character too, and times without a unit."""
    assert same(sent(scalar), scalar)


@pytest.mark.parametrize("big", [">i4", ">f8", ">c8", ">U3", ">M8[s]"])
def test_a_big_endian_array_keeps_its_values(big: str) -> None:
    """The bytes are turned, the numbers are not."""
    array = np.array([1, 2, 3]).astype(big)
    arrived = sent(array)

    assert arrived.dtype == np.dtype(big).newbyteorder("<")
    assert arrived.tolist() == array.tolist()


@FEW
@given(st.lists(st.integers(0, 2**32 - 1), max_size=6), st.lists(st.integers(0, 2**64 - 1), max_size=6))
@example([0x7FC00001, 0xFFBFFFFF, 0x80000000], [0x7FF8000000000001, 0xFFF7FFFFFFFFFFFF])
def test_nan_keeps_its_payload(single: list[int], double: list[int]) -> None:
    """Whatever bits a NaN carries, quiet or signalling, arrive unchanged."""
    halves = np.array(single, np.uint32).view(np.float32)
    wholes = np.array(double, np.uint64).view(np.float64)

    assert sent(halves).tobytes() == halves.tobytes()
    assert sent(wholes).tobytes() == wholes.tobytes()
    assert struct.pack(f"<{len(double)}d", *sent(wholes.tolist())) == wholes.tobytes()


def test_the_signs_of_zero_survive() -> None:
    """-0.0 is not 0.0, alone, packed, and as a part of a complex number."""
    assert same(sent([-0.0, 0.0]), [-0.0, 0.0])
    assert same(sent([-0.0] * 9), [-0.0] * 9)
    assert same(sent(complex(-0.0, -0.0)), complex(-0.0, -0.0))


def test_packed_lists_are_not_confused_with_mixed_ones() -> None:
    """True is no 1 and 1 no 1.0, however many there are."""
    for items in ([True] * 9, [1] * 9, [1.0] * 9, [True, 1, 1.0] * 3, [1] * 8 + [2**64], [1] * 8 + [True]):
        assert same(sent(items), items)
        assert same(sent(tuple(items)), tuple(items))


def test_a_dict_keeps_its_order() -> None:
    """Keys arrive in the order in which they were written."""
    assert list(sent({"b": 1, "a": 2, 3: None})) == ["b", "a", 3]


# --- Tensors ---


def test_a_tensor_of_every_dtype(torch: Any) -> None:
    """Every dtype the wire knows, bfloat16 and float8 among them, keeps every bit, in every shape."""
    for name in wire._TORCH_ITEM_BYTES:
        dtype = getattr(torch, name)
        for shape in ((), (0,), (3, 0, 2), (2, 3)):
            count = int(np.prod(shape)) * wire._TORCH_ITEM_BYTES[name]
            raw = torch.arange(count).mul(37).remainder(2 if name == "bool" else 256).to(torch.uint8)
            tensor = raw.view(dtype).reshape(shape) if count else torch.empty(shape, dtype=dtype)

            assert same(sent(tensor), tensor), (name, shape)


def test_a_tensor_nan_keeps_its_payload(torch: Any) -> None:
    """Not the value NaN is carried but its bits, in bfloat16 too."""
    for bits, dtype in ((0x7FA5, torch.bfloat16), (0x7E01, torch.float16)):
        tensor = torch.tensor([bits], dtype=torch.int16).view(dtype)

        assert sent(tensor).view(torch.int16).tolist() == [bits]


def test_a_tensor_in_any_layout(torch: Any) -> None:
    """Transposed, strided, expanded, conjugated and negated tensors arrive as their values."""
    base = torch.arange(12.0).reshape(3, 4)
    turned = torch.complex(base, base + 1)
    for tensor in (base.T, base[:, ::2], base[0].expand(2, 4), turned.conj(), turned.conj().imag):
        arrived = sent(tensor)

        assert arrived.is_contiguous()
        assert arrived.dtype == tensor.dtype
        assert torch.equal(arrived, tensor.resolve_conj().resolve_neg())


def test_a_tensor_subclass_arrives_as_a_tensor(torch: Any) -> None:
    """A Parameter, and a subclass that hijacks every operation, are nothing but their numbers, without a graph."""

    class Hijack(torch.Tensor):  # type: ignore[misc]  # torch is not typed here
        @classmethod
        def __torch_function__(cls, *_: Any, **__: Any) -> Any:
            return True

    numbers = torch.tensor([1.0, 2.0], requires_grad=True)
    plain = numbers.detach()
    for tensor in (torch.nn.Parameter(plain), numbers, numbers * 1):
        arrived = sent(tensor)

        assert type(arrived) is torch.Tensor
        assert not arrived.requires_grad
        assert torch.equal(arrived, plain)
    with contextlib.suppress(Exception):  # or it is refused, which is as good
        assert type(sent(plain.as_subclass(Hijack))) is torch.Tensor


def test_tensors_without_plain_numbers_are_no_data(torch: Any) -> None:
    """Sparse and meta tensors go where everything goes that is no data."""
    for tensor in (torch.eye(2).to_sparse(), torch.empty(2, device="meta")):
        body = wire.encode(tensor, fallback=keep)

        assert wire.decode(body, on_handle=lambda ref: ref.type_name) == "Tensor"


def test_a_tensor_is_refused_where_torch_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The examiner of a question without torch does not import it because a guest says so."""
    monkeypatch.setitem(sys.modules, "torch", None)

    with pytest.raises(wire.WireError, match="tensor"):
        wire.decode(head(b"e", b"float32", (0,)) + inline(b""))


# --- Subclasses, and what is no data ---


class Pair(NamedTuple):
    first: int
    second: float


class Colour(enum.IntEnum):
    RED = 3


class Word(enum.StrEnum):
    HELLO = "hello"


class Text(str):
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class Number(float):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = float.__hash__


class Whole(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


class Raw(bytes):
    pass


class Items(list[int]):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None


class Grid(np.ndarray[Any, Any]):
    def __eq__(self, other: object) -> Any:
        return np.True_

    __hash__ = None


@pytest.mark.parametrize(
    ("value", "base"),
    [
        (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (collections.defaultdict(list, a=[1]), {"a": [1]}),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (Pair(1, 2.0), (1, 2.0)),
        (Colour.RED, 3),
        (Word.HELLO, "hello"),
        (Text("text"), "text"),
        (Number(2.5), 2.5),
        (Whole(2**70), 2**70),
        (Raw(b"raw"), b"raw"),
        (Items([1, 2]), [1, 2]),
        (np.eye(2).view(Grid), np.eye(2)),
        (True, True),
        ([Whole(1)] * 9, [1] * 9),
        ({Text("key"): Pair(1, 2.0)}, {"key": (1, 2.0)}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_subclass_arrives_as_its_base(value: object, base: object) -> None:
    """Nothing of the class crosses, and so nothing of its methods: not an __eq__ that is always true."""
    assert same(sent(value), base)


def test_only_the_true_type_counts() -> None:
    """A class that says it is a list, and is none, is no data."""

    class Liar:
        __class__ = list  # type: ignore[assignment]  # that is the lie

    assert isinstance(Liar(), list)
    with pytest.raises(wire.WireError, match="no data: Liar"):
        written(Liar())


@pytest.mark.parametrize(
    "value",
    [
        object(),
        len,
        bytearray(b"x"),
        range(3),
        np.array([object()]),
        np.zeros(2, [("x", "i4")]),
        np.ma.masked_array([1.0, 2.0], [True, False]),
    ],
    ids=["object", "function", "bytearray", "range", "objects", "records", "masked"],
)
def test_what_is_no_data_becomes_a_handle(value: object) -> None:
    """What is not on the list of the wire is not written, but named by a number."""
    body = wire.encode([value], fallback=keep)

    assert wire.decode(body, on_handle=lambda ref: ref) == [wire.HandleRef(7, type(value).__name__)]


def test_handles_are_refused_where_nobody_takes_them() -> None:
    """Without `on_handle` a handle is malformed."""
    body = wire.encode(object(), fallback=keep)

    with pytest.raises(wire.WireError, match="handle"):
        wire.decode(body)


class Bomb:
    gone_off = False

    def __reduce__(self) -> tuple[Any, ...]:
        return setattr, (Bomb, "gone_off", True)


def test_a_pickle_is_refused() -> None:
    """What a guest pickled is never loaded here, as a value, in its place, or under the tag that once meant one."""
    bomb = pickle.dumps(Bomb())
    sized = struct.pack("<Q", len(bomb)) + bomb
    for body in (bomb, sized, b"p" + sized, b"l" + struct.pack("<Q", 1) + b"p" + sized):
        with pytest.raises(wire.WireError, match="malformed"):
            wire.decode(body, on_handle=lambda ref: ref)

    assert not Bomb.gone_off


# --- The arena ---


def an_arena(size: int = 256 * KIB) -> memoryview:
    return memoryview(bytearray(size))


def test_a_large_buffer_travels_through_the_arena() -> None:
    """The body then holds only where it is."""
    arena = an_arena()
    array = np.random.default_rng(1).random(8000)

    assert len(written(array, arena)) < 64
    assert same(sent(array, arena), array)


def test_a_small_buffer_stands_in_the_body() -> None:
    """Below the threshold nothing touches the arena."""
    arena = an_arena()
    array = np.arange(wire.ARENA_FROM // 8 - 1)

    assert same(sent(array, arena), array)
    assert not any(arena)


def test_a_full_arena_overflows_into_the_body() -> None:
    """Buffers are put where there is room, and all of them arrive."""
    arena = an_arena(100 * KIB)
    arrays = [np.full(40 * KIB, number, np.uint8) for number in range(4)]
    body = written([*arrays, b"x" * 15 * KIB], arena)

    assert 80 * KIB < len(body) < 100 * KIB
    assert same(wire.decode(body, arena=arena), [*arrays, b"x" * 15 * KIB])


@FEW
@given(st.lists(st.integers(0, 3 * wire.ARENA_FROM), max_size=5), st.integers(0, 4 * wire.ARENA_FROM))
def test_buffers_of_any_size_in_an_arena_of_any_size(sizes: list[int], room: int) -> None:
    """It makes no difference where a buffer travels."""
    content = [np.arange(size, dtype=np.uint32).astype(np.uint8) for size in sizes]

    assert same(sent(content, memoryview(bytearray(room))), content)


def test_what_arrived_does_not_change_with_the_arena_or_the_body() -> None:
    """A guest that writes into the shared memory after its answer changes nothing any more."""
    arena = an_arena()
    value = [np.arange(10_000), b"y" * 40_000, np.arange(3), b"z", [1.5] * 9]
    body = wire.encode(value, fallback=refuse, arena=arena)
    arrived = wire.decode(body, arena=arena)
    arena[:] = b"\xff" * len(arena)
    body[:] = b"\xff" * len(body)

    assert same(arrived, value)


def test_what_arrived_may_be_written_to_and_shares_nothing() -> None:
    """Arrays are our own copies, each of them."""
    array = np.arange(3)
    first, second = sent([array, array])
    first[0] = 9

    assert (array[0], second[0]) == (0, 0)


@pytest.mark.parametrize(("start", "size"), [(0, 257), (256, 1), (2**64 - 1, 1), (1, 2**64 - 1), (2**63, 2**63)])
def test_a_place_outside_the_arena_is_refused(start: int, size: int) -> None:
    """Start and length are checked together."""
    body = b"b" + b"A" + struct.pack("<QQ", start, size)

    with pytest.raises(wire.WireError, match="arena"):
        wire.decode(body, arena=an_arena(256))
    with pytest.raises(wire.WireError, match="no such buffer"):
        wire.decode(body)


# --- Depth and size ---


def nested(levels: int, wrap: Callable[[Any], Any]) -> Any:
    value = None
    for _ in range(levels):
        value = wrap(value)
    return value


WRAPPERS: list[Callable[[Any], Any]] = [
    lambda inner: [inner],
    lambda inner: (inner,),
    lambda inner: {"k": inner},
    lambda inner: frozenset([inner]),
    lambda inner: (frozenset([inner]),),
]


@pytest.mark.parametrize("wrap", WRAPPERS, ids=["list", "tuple", "dict", "frozenset", "both"])
def test_nesting_has_a_depth(wrap: Callable[[Any], Any]) -> None:
    """A hundred levels travel; a thousand are refused by the sender."""
    value = nested(wire.MAX_DEPTH // 2, wrap)

    assert same(sent(value), value)
    with pytest.raises(wire.WireError, match="nested deeper"):
        written(nested(900, wrap))


def test_what_contains_itself_is_refused() -> None:
    """A list in itself, and a dict in itself."""
    ring: list[Any] = []
    ring.append(ring)
    knot: dict[str, Any] = {}
    knot["self"] = [knot]

    for value in (ring, knot):
        with pytest.raises(wire.WireError, match="contains itself"):
            written(value)


@pytest.mark.parametrize("opening", [b"l", b"t", b"S", b"Z", b"d"])
def test_a_reader_does_not_follow_deep_nesting(opening: bytes) -> None:
    """Bytes that open a million containers are malformed, not a crash."""
    body = (opening + struct.pack("<Q", 1)) * 100_000 + b"N" * 100

    with pytest.raises(wire.WireError, match="nested too deeply"):
        wire.decode(body)


def test_an_integer_has_a_size() -> None:
    """A million bytes of one integer are enough, on both sides."""
    largest = (1 << 8 * wire.MAX_INT_BYTES - 8) - 1

    assert sent(-largest) == -largest
    with pytest.raises(wire.WireError, match="larger than the wire"):
        written(1 << 8 * wire.MAX_INT_BYTES)
    with pytest.raises(wire.WireError, match="integer too large"):
        wire.decode(b"I" + struct.pack("<I", wire.MAX_INT_BYTES + 1) + bytes(wire.MAX_INT_BYTES + 1))


def test_the_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """More values than anybody needs are refused while they are read."""
    monkeypatch.setattr(wire, "MAX_NODES", 5000)
    many = b"l" + struct.pack("<Q", 10_000) + b"N" * 10_000
    packed = b"Vl?" + struct.pack("<Q", 50_000) + bytes(50_000)
    pairs = b"d" + struct.pack("<Q", 3000) + b"".join(b"i" + struct.pack("<q", key) + b"N" for key in range(3000))

    for body in (many, packed, pairs):
        with pytest.raises(wire.WireError, match="too large"):
            wire.decode(body)


def test_many_small_containers_take_no_longer_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is looked at after every thousand values, wherever they are."""
    body = written([[[None] * 7] * 30] * 30)
    assert wire.decode(body) == [[[None] * 7] * 30] * 30
    monkeypatch.setattr(wire, "DECODE_SECONDS", -1.0)

    with pytest.raises(wire.WireError, match="too large"):
        wire.decode(body)


@pytest.mark.parametrize("innermost", [[], (), {}, 7], ids=["list", "tuple", "dict", "number"])
def test_what_may_be_sent_can_be_read(innermost: object) -> None:
    """At the last level too, where a container must be empty."""
    value: Any = innermost
    for _ in range(wire.MAX_DEPTH):
        value = [value]

    assert sent(value) == value


MERSENNE = 2**61 - 1  # the modulus of Python's hash of numbers: its multiples all have the hash 0


def big_int(number: int, size: int) -> bytes:
    return b"I" + struct.pack("<I", size) + number.to_bytes(size, "little", signed=True)


@pytest.mark.parametrize(("count", "size"), [(30_000, 16), (900, 32 * KIB)], ids=["many", "long"])
@pytest.mark.parametrize("opening", [b"S", b"d"], ids=["set", "dict"])
def test_colliding_hashes_do_not_hold_us_up(
    opening: bytes, count: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys of equal hash make a set quadratic: reading one stops when its time is over."""
    monkeypatch.setattr(wire, "DECODE_SECONDS", 0.1)
    tail = b"N" if opening == b"d" else b""
    # they differ in their lowest digits only, so that each comparison reads them whole
    high = MERSENNE << (8 * size - 80)
    keys = b"".join(big_int(high + number * MERSENNE, size) + tail for number in range(count))
    started = time.monotonic()
    with pytest.raises(wire.WireError, match="too large"):
        wire.decode(opening + struct.pack("<Q", count) + keys)

    assert time.monotonic() - started < 3.0


# --- Hostile bytes ---

TAGS = b"NTFiIfcsbltSZdVaxehp"
SIZES = st.sampled_from([0, 1, 2, 3, 7, 8, 64, 255, 2**16, 2**31, 2**32, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 1])
NAMES = st.sampled_from(
    b"|b1 <f8 <f4 |u1 <i8 <U0 <U1 <U2 <U999999 |S0 |S1 |S9 <M8 <M8[s] <m8[0s] <m8[9s] <m8[Y] <M8[99999999999s] |O8 |V4 "
    b"<f16 >f8 float32 bool bfloat16 complex128 int8 float8_e5m2 qint8 <m8[foo] <M8[0Y]".split()
)


def head(tag: bytes, name: bytes, shape: tuple[int, ...]) -> bytes:
    return tag + bytes([len(name)]) + name + bytes([len(shape)]) + struct.pack(f"<{len(shape)}Q", *shape)


def inline(data: bytes) -> bytes:
    return b"B" + struct.pack("<Q", len(data)) + data


hostile_arrays = st.builds(
    lambda tag, name, shape, data: head(tag, name, tuple(shape)) + inline(data),
    st.sampled_from([b"a", b"x", b"e"]),
    NAMES,
    st.lists(SIZES, max_size=4) | st.sampled_from([[0] * 70, [1] * 255]),
    st.sampled_from([b"", b"\0", b"\1\0\0\0", b"\xff" * 4, b"\xff" * 8, bytes(64)]) | st.binary(max_size=16),
)
hostile_counts = st.builds(lambda tag, size, rest: tag + struct.pack("<Q", size) + rest,
                           st.sampled_from([b"l", b"t", b"S", b"Z", b"d", b"s", b"Vld", b"Vtq", b"Vl?", b"bB"]),
                           SIZES, st.binary(max_size=40))  # fmt: skip
hostile = hostile_arrays | hostile_counts | st.binary(max_size=200) | st.builds(
    lambda tag, rest: bytes([tag]) + rest, st.sampled_from(list(TAGS)), st.binary(max_size=200)
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid body with bits turned, its end cut off, or a piece of another put in."""
    body, other = bytearray(written(draw(values()))), written(draw(values()))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(body)))
        match draw(st.sampled_from(["flip", "cut", "splice", "insert"])):
            case "flip" if place < len(body):
                body[place] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del body[place:]
            case "splice":
                start = draw(st.integers(0, len(other)))
                body[place : place + len(other) - start] = other[start:]
            case "insert":
                body[place:place] = draw(st.binary(max_size=9))
    return bytes(body)


CLOSED = {
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    list,
    tuple,
    dict,
    set,
    frozenset,
    np.ndarray,
    wire.HandleRef,
}
SCALARS = {np.dtype(name).type for name in [*DTYPES, *TIMES, "U1", "S1"]}


def strangers(value: Any) -> list[type]:
    """The types within a value that are none of the wire's."""
    own = type(value) in CLOSED | SCALARS or (is_tensor(value) and type(value).__name__ == "Tensor")
    inner: list[Any] = []
    if isinstance(value, dict):
        inner = [*value, *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        inner = list(value)
    return ([] if own else [type(value)]) + [kind for item in inner for kind in strangers(item)]


def read_hostile(body: bytes) -> None:
    """Decode; a refusal is as good as a value, anything else is not, nor is memory out of proportion."""
    arena = memoryview(b"\xff\x7f\0\1" * 64)
    with tracing() as peak:
        try:
            value = wire.decode(body, on_handle=lambda ref: ref, arena=arena)
        except wire.WireError:
            value = None
    assert peak() <= 256 * KIB + 64 * len(body)
    assert not strangers(value)


@contextlib.contextmanager
def tracing() -> Iterator[Callable[[], int]]:
    tracemalloc.start()
    try:
        yield lambda: peak
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()


@MANY
@given(hostile)
@example(head(b"a", b"<U0", (2**20,)) + inline(b""))
@example(head(b"a", b"|S0", (2**40,)) + inline(b""))
def test_hostile_bytes_are_refused_or_read(body: bytes) -> None:
    """Any bytes give a value of the closed set or a WireError, in memory that grows with the bytes."""
    read_hostile(body)


@MANY
@given(mutated())
def test_damaged_bodies_are_refused_or_read(body: bytes) -> None:
    """So do bytes that are nearly right."""
    read_hostile(body)


@pytest.mark.usefixtures("torch")
@MANY
@given(hostile_arrays)
def test_hostile_tensors_are_refused_or_read(body: bytes) -> None:
    """So do tensors, where torch is loaded."""
    read_hostile(body)


@FEW
@given(values(), st.binary(min_size=1, max_size=9))
def test_bytes_left_over_are_refused(value: object, rest: bytes) -> None:
    """A body is one value, and nothing behind it."""
    with pytest.raises(wire.WireError):
        wire.decode(written(value) + rest)


@FEW
@given(values(), st.data())
def test_a_body_cut_short_is_refused(value: object, data: st.DataObject) -> None:
    """No beginning of a body is a body."""
    body = written(value)
    end = data.draw(st.integers(0, len(body) - 1))

    with pytest.raises(wire.WireError):
        wire.decode(body[:end])


def test_a_bool_array_holds_only_truth_values() -> None:
    """A byte of 2 is neither true nor false, and behaves as both in numpy."""
    for name, tag in ((b"|b1", b"a"), (b"|b1", b"x")):
        with pytest.raises(wire.WireError, match="neither true nor false"):
            wire.decode(head(tag, name, () if tag == b"x" else (1,)) + inline(b"\2"))


def test_a_text_array_holds_only_characters() -> None:
    """A code point that does not exist makes numpy fail when the text is looked at: it is refused at the border."""
    body = head(b"a", b"<U1", (1,)) + inline(b"\xff\xff\xff\xff")
    with contextlib.suppress(wire.WireError):
        assert wire.decode(body).tolist()


@pytest.mark.parametrize("name", [b"<m8[0s]", b"<M8[0Y]"])
def test_a_unit_of_no_time_is_refused(name: bytes) -> None:
    """Numpy divides by the unit's number: converting to zero seconds ends the process with SIGFPE."""
    with pytest.raises(wire.WireError):
        wire.decode(head(b"a", name, (1,)) + inline(bytes(8)))
