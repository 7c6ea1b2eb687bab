"""Requests: whatever an examiner passes arrives as itself or as its base, as copies, and nothing else is called."""

from __future__ import annotations

import collections
import operator
import pickle
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_wire import (
    DTYPES,
    FEW,
    MANY,
    ODD_SCALARS,
    TIMES,
    Colour,
    Grid,
    Items,
    Number,
    Pair,
    Raw,
    Text,
    Whole,
    Word,
    an_arena,
    keep,
    little,
    nested,
    refuse,
    same,
    values,
)
from test_wire import torch as torch

from grader.sandbox import calls, requests, wire
from grader.sandbox.requests import Request

if TYPE_CHECKING:
    from grader.sandbox.requests import Fallback

NUMBER = bytes(range(calls.BYTES))


def written(*arguments: object, fallback: Fallback = refuse, arena: memoryview | None = None) -> bytes:
    return requests.write(NUMBER, Request("call", arguments), fallback, arena)


def unheard(number: int) -> object:
    raise AssertionError(number)


def sent(value: object, arena: memoryview | None = None) -> Any:
    """What arrives when `value` is sent."""
    body = written(value, arena=arena)
    return requests.read(body, requests.names(unheard, arena)).arguments[0]


# --- Values ---


@MANY
@given(values())
def test_every_value_arrives_as_itself(value: object) -> None:
    """Type, order, shape and every bit survive; only the byte order of arrays becomes little-endian."""
    assert same(sent(value), little(value))


def holds_a_set(value: object) -> bool:
    match value:
        case set() | frozenset():
            return True
        case list() | tuple():
            return any(map(holds_a_set, value))
        case dict():
            return any(map(holds_a_set, [*value.keys(), *value.values()]))
    return False


@FEW
@given(values().filter(lambda value: not holds_a_set(value)))  # of a copy the order may be another
def test_what_is_asked_again_is_written_alike(value: object) -> None:
    """A request is known by its bytes: they say nothing of which object is held where."""
    assert written(value) == written(pickle.loads(pickle.dumps(value)))


@pytest.mark.parametrize("dtype", [*DTYPES, *TIMES, ">i4", ">f8", "U3", "S2"])
def test_an_array_arrives_as_on_the_wire(dtype: str) -> None:
    """In every layout, without dimensions, without items: contiguous, writable, with the bytes of the wire."""
    for array in (
        np.zeros((2, 3), dtype).T,
        np.zeros((), dtype),
        np.zeros((3, 0), dtype),
        np.ones(4).astype(dtype)[::2],
    ):
        arrived, there = sent(array), wire.decode(wire.encode(array, fallback=refuse))

        assert same(arrived, there)
        assert arrived.flags.c_contiguous == there.flags.c_contiguous
        assert arrived.flags.writeable


@pytest.mark.parametrize("scalar", [*ODD_SCALARS, *(np.dtype(dtype).type(1) for dtype in DTYPES)], ids=repr)
def test_a_numpy_scalar_stays_one(scalar: Any) -> None:
    """np.float64(1) is no float, and arrives as np.float64."""
    assert same(sent(scalar), scalar)


def test_a_tensor_of_every_dtype(torch: Any) -> None:
    """Every dtype the wire knows keeps every bit, in every shape and layout, without a graph."""
    for name, size in wire._TORCH_ITEM_BYTES.items():
        raw = torch.arange(6 * size).mul(37).remainder(2 if name == "bool" else 256).to(torch.uint8)
        whole = raw.view(getattr(torch, name)).reshape(2, 3)
        for tensor in (whole, whole.T, whole[0, 0], whole[:0]):
            assert same(sent(tensor), tensor.contiguous()), (name, tuple(tensor.shape))

    arrived = sent(torch.nn.Parameter(torch.ones(2)))
    assert type(arrived) is torch.Tensor
    assert not arrived.requires_grad


@pytest.mark.parametrize(
    ("value", "base"),
    [
        (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (collections.defaultdict(list, a=[1]), {"a": [1]}),
        (Pair(1, 2.0), (1, 2.0)),
        (Colour.RED, 3),
        (Word.HELLO, "hello"),
        (Text("text"), "text"),
        (Number(2.5), 2.5),
        (Whole(2**70), 2**70),
        (Raw(b"raw"), b"raw"),
        (Items([1, 2]), [1, 2]),
        (type("Odd", (complex,), {})(1, -0.0), complex(1, -0.0)),
        (type("Some", (set,), {})([1]), {1}),
        (type("Fixed", (frozenset,), {})([1]), frozenset([1])),
        (np.eye(2).view(Grid), np.eye(2)),
        ({Text("key"): Pair(1, 2.0)}, {"key": (1, 2.0)}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_subclass_arrives_as_its_base(value: object, base: object) -> None:
    """A guest need not be able to import what a suite has derived."""
    assert same(sent(value), base)


def test_what_is_passed_twice_arrives_as_two() -> None:
    """A submission that changes one of its arguments changes no other."""
    array, items = np.arange(3), [1]
    first, second, third, fourth = sent((array, array, items, items))
    first[0], third[0] = 9, 9

    assert (array[0], second[0], items, fourth) == (0, 0, [1], [1])


# --- What is no data ---


def test_a_handle_arrives_as_what_it_stands_for() -> None:
    """Wherever it stands; the object itself, no copy."""
    kept: dict[int, object] = {7: object()}
    body = written([object()], {"a": object()}, fallback=keep)
    arguments = requests.read(body, requests.names(kept.__getitem__)).arguments

    assert arguments == [[kept[7]], {"a": kept[7]}]


def test_a_handle_that_nobody_holds_is_an_error_there() -> None:
    with pytest.raises(KeyError):
        requests.read(written(object(), fallback=keep), requests.names(dict[int, object]().__getitem__))


@pytest.mark.parametrize(
    "value",
    [range(3), len, int, operator.add, ..., lambda: 1, np.array([object()])],
    ids=["range", "builtin", "class", "operator", "ellipsis", "function", "objects"],
)
def test_what_is_no_data_is_sent_as_the_examiner_decides(value: object) -> None:
    """Here as a pickle of its own; functions and classes are no exception."""
    seen: list[object] = []

    def pickled(value: object) -> bytes:
        seen.append(value)
        return pickle.dumps({1, 2})

    body = written([value], fallback=pickled)

    assert requests.read(body, requests.names(unheard)).arguments == [[{1, 2}]]
    assert len(seen) == 1
    assert seen[0] is value


def test_only_the_true_type_counts() -> None:
    """A class that says it is a list, and is none, is no data."""

    class Liar:
        __class__ = list  # type: ignore[assignment]  # that is the lie

    with pytest.raises(wire.WireError, match="no data: Liar"):
        written(Liar())


def test_a_request_names_nothing_else() -> None:
    """Whatever a pickle names is looked up among our own functions, never imported."""
    for name in (operator.setitem, Pair):
        body = NUMBER + pickle.dumps(("call", [name], []))

        with pytest.raises(KeyError, match=name.__name__):
            requests.read(body, requests.names(unheard))


# --- Arena, depth, the rest of a request ---


@FEW
@given(st.lists(st.integers(0, 3 * wire.ARENA_FROM), max_size=5), st.integers(0, 4 * wire.ARENA_FROM))
def test_arrays_of_any_size_in_an_arena_of_any_size(sizes: list[int], room: int) -> None:
    """It makes no difference where an array travels."""
    content = [np.arange(size, dtype=np.uint32).astype(np.uint8) for size in sizes]

    assert same(sent(content, memoryview(bytearray(room))), content)


def test_a_large_array_travels_through_the_arena() -> None:
    """The body then holds only where it is; what arrived no longer changes with it."""
    arena = an_arena()
    array = np.random.default_rng(1).random(8000)
    arrived = sent(array, arena)
    arena[:] = bytes(len(arena))

    assert len(written(array, arena=arena)) < 250
    assert same(arrived, array)


def test_large_bytes_travel_there_too() -> None:
    """A guest would hold them twice otherwise, in the request and as a value."""
    arena = an_arena()
    value = [b"x" * wire.ARENA_FROM, {"a": b"y" * wire.ARENA_FROM}, b"z", np.arange(8000)]

    assert len(written(value, arena=arena)) < 500
    assert same(sent(value, arena), value)


def test_bytes_for_which_there_is_no_room_travel_in_the_request() -> None:
    value = [b"x" * 40_000, b"y" * 40_000]

    assert 40_000 < len(written(value, arena=an_arena(50_000))) < 40_500
    assert same(sent(value, an_arena(50_000)), value)


def test_a_deep_value_arrives() -> None:
    assert same(sent(nested(60, lambda value: [value])), nested(60, lambda value: [value]))


def holding_itself() -> list[object]:
    held: list[object] = []
    held.append(held)
    return held


def a_subclass_holding_itself() -> list[Any]:
    held = Items()
    held.append(held)  # type: ignore[arg-type]
    return held


def a_dict_in_itself() -> dict[str, object]:
    held: dict[str, object] = {}
    held["a"] = (held,)
    return held


@pytest.mark.parametrize(
    "value",
    [holding_itself(), a_subclass_holding_itself(), a_dict_in_itself(), nested(5000, lambda value: (value,))],
    ids=["list", "subclass", "dict", "deep"],
)
def test_what_has_no_end_is_refused_in_words(value: object) -> None:
    with pytest.raises(wire.WireError, match="nested too deeply, or contains itself"):
        written(value)


def test_a_request_says_what_is_dropped() -> None:
    """Behind its number, which is no part of what is read."""
    request = Request("get", [None, ["name"]], [3, 2**63 + 5])
    body = requests.write(NUMBER, request, refuse)

    assert calls.number_of(body) == NUMBER
    assert requests.read(body, requests.names(unheard)) == request


def test_bits_of_a_nan_survive() -> None:
    """Of a float too, quiet or signalling."""
    for bits in (0x7FF8000000000001, 0xFFF7FFFFFFFFFFFF):
        (nan,) = struct.unpack("<d", struct.pack("<Q", bits))

        assert struct.pack("<d", sent(nan)) == struct.pack("<Q", bits)
