"""Frames: bodies on a socket, each behind its length."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from grader.sandbox import wire
from grader.sandbox.frames import MANY, MAX_BODY, TICK, Frames, one_way
from grader.sandbox.wire import PeerClosedError, WireError

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 2**20

Raw = tuple[socket.socket, socket.socket]
Pair = tuple[Frames, Frames]


@pytest.fixture
def raw() -> Iterator[Raw]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def pair(raw: Raw) -> Pair:
    return Frames(raw[0]), Frames(raw[1])


@pytest.mark.parametrize("size", [0, 1, 2**16 - 1, 2**16, 3 * MIB])
def test_a_frame_of_any_size(pair: Pair, size: int) -> None:
    """Empty ones, and ones larger than the socket's buffer."""
    body = os.urandom(size)
    sender = threading.Thread(target=pair[1].send, args=(body,))
    sender.start()

    assert pair[0].receive(deadline=time.monotonic() + 10) == body
    sender.join()


def test_requests_and_replies_over_a_socket_each() -> None:
    """Each goes its own way, larger ones than a buffer holds too; neither socket takes the other direction."""
    (taken, requests), (replies, given) = one_way(), one_way()
    host, guest = Frames(replies, requests), Frames(taken, given)

    def answer() -> None:
        for _ in range(2):
            guest.send(guest.receive() * 2)

    with taken, requests, replies, given:
        servant = threading.Thread(target=answer)
        servant.start()
        for request in (b"a word", os.urandom(MIB)):
            host.send(request, time.monotonic() + 10)
            assert host.receive(deadline=time.monotonic() + 10) == request * 2
        servant.join()
        with pytest.raises(BrokenPipeError):
            taken.send(b"back")
        given.close()
        with pytest.raises(PeerClosedError):
            host.receive()


def test_frames_do_not_run_into_each_other(pair: Pair) -> None:
    """Two frames sent at once are received one by one."""
    pair[1].send(b"first")
    pair[1].send(b"second")

    assert [pair[0].receive(), pair[0].receive()] == [b"first", b"second"]


@pytest.mark.parametrize("sent_so_far", [b"", b"\x05\0\0", struct.pack("<Q", 5), struct.pack("<Q", 5) + b"1234"])
def test_a_truncated_frame(pair: Pair, raw: Raw, sent_so_far: bytes) -> None:
    """Whoever goes away in the middle is gone."""
    raw[1].sendall(sent_so_far)
    raw[1].close()

    with pytest.raises(PeerClosedError):
        pair[0].receive()


@pytest.mark.parametrize("size", [101, 2**40, 2**64 - 1])
def test_a_frame_beyond_the_limit_is_not_received(pair: Pair, raw: Raw, size: int) -> None:
    """The length alone is enough to refuse it."""
    raw[1].sendall(struct.pack("<Q", size))

    with pytest.raises(WireError, match=f"{size} bytes is larger than the 100"):
        pair[0].receive(100)


def test_a_claimed_length_costs_no_memory(pair: Pair, raw: Raw) -> None:
    """Memory grows with what has arrived."""
    raw[1].sendall(struct.pack("<Q", MAX_BODY) + b"x" * 1000)
    raw[1].close()
    tracemalloc.start()
    try:
        with pytest.raises(PeerClosedError):
            pair[0].receive()
        assert tracemalloc.get_traced_memory()[1] < 4 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("begun", [b"", b"\1\0\0", struct.pack("<Q", 1000) + b"abc"])
def test_a_silent_sender_meets_the_deadline(pair: Pair, raw: Raw, begun: bytes) -> None:
    """Patience ends in the head as in the body."""
    raw[1].sendall(begun)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        pair[0].receive(deadline=started + 0.05)

    assert 0.05 <= time.monotonic() - started < 3.0


def test_a_slow_sender_meets_the_deadline(pair: Pair, raw: Raw) -> None:
    """A byte now and then does not prolong the patience."""
    stop = threading.Event()

    def drip() -> None:
        raw[1].sendall(struct.pack("<Q", 10_000))
        while not stop.wait(0.002):
            raw[1].sendall(b"x")

    sender = threading.Thread(target=drip)
    sender.start()
    started = time.monotonic()
    try:
        with pytest.raises(TimeoutError):
            pair[0].receive(deadline=started + 0.1)
    finally:
        stop.set()
        sender.join()

    assert 0.1 <= time.monotonic() - started < 3.0


def test_sending_to_one_who_is_gone(pair: Pair, raw: Raw) -> None:
    """It is the same event as receiving from one."""
    raw[0].close()

    with pytest.raises(PeerClosedError):
        pair[1].send(b"x")


@pytest.mark.parametrize("seconds", [0.02, 0.2])
def test_sending_to_one_who_does_not_read(pair: Pair, seconds: float) -> None:
    """Patience ends in sending too."""
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        pair[1].send(bytes(8 * MIB), started + seconds)

    assert seconds <= time.monotonic() - started < seconds + 2.0


def test_an_empty_frame_is_no_value(pair: Pair) -> None:
    """Nothing is not None."""
    pair[1].send(b"")

    with pytest.raises(WireError):
        wire.decode(pair[0].receive())


@pytest.mark.parametrize("patience", [None, 10.0])
@pytest.mark.parametrize("size", [1, 7, 8, 9, 12, 20, 21, 30, 2000, MANY - 8, MANY])
def test_frames_arrive_in_any_pieces(pair: Pair, raw: Raw, size: int, patience: float | None) -> None:
    """What has arrived behind a frame, or of the next one, is kept for it."""
    bodies = [b"four", b"", b"sixty" * 12, b"x" * (MANY + 9 if size > 1000 else 9), b"y"]
    data = b"".join(struct.pack("<Q", len(body)) + body for body in bodies)

    def send() -> None:
        for start in range(0, len(data), size):
            raw[1].sendall(data[start : start + size])

    sender = threading.Thread(target=send)
    sender.start()
    deadline = None if patience is None else time.monotonic() + patience

    assert [pair[0].receive(deadline=deadline) for _ in bodies] == bodies
    sender.join()


@pytest.mark.parametrize("seconds", [0.0, TICK / 2, TICK * 3.5])
def test_the_deadline_is_met_to_the_millisecond(pair: Pair, seconds: float) -> None:
    """Though the kernel waits in ticks; the best of some, since the machine may be busy."""
    late = []
    for _ in range(5):
        deadline = time.monotonic() + seconds
        with pytest.raises(TimeoutError):
            pair[0].receive(deadline=deadline)
        late.append(time.monotonic() - deadline)

    assert 0.0 <= min(late) < TICK / 2


def test_what_has_arrived_is_received_though_it_is_late(pair: Pair) -> None:
    """Whoever answered in time is not punished for our being busy."""
    pair[1].send(b"in time")

    assert pair[0].receive(deadline=time.monotonic() - 1.0) == b"in time"
