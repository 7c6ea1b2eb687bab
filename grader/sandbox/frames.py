"""Frames: bodies that travel over stream sockets, each behind its length (u64). Standard library only."""

from __future__ import annotations

import math
import mmap
import select
import socket
import struct
import time

from grader.sandbox.wire import PeerClosedError, WireError

MAX_BODY = 2**30
MANY = 2**18
"""Bytes that are received at a time."""
FEW = 2**16
"""Bytes that are sent in one piece with their length."""
TICK = 0.05
"""Seconds after which whoever waits in the kernel looks at the clock."""
LEAST = 1e-3
"""Seconds that are waited even where the deadline has passed: what lies there is still received."""

_HEAD = struct.Struct("<Q")


def one_way() -> tuple[socket.socket, socket.socket]:
    """Make a socket to receive from, and the one to send over that belongs to it; neither does the other's part."""
    incoming, outgoing = socket.socketpair()
    incoming.shutdown(socket.SHUT_WR)
    return incoming, outgoing


class Frames:
    """One end of a connection.

    Until shortly before a deadline it is the kernel that waits, so that a frame costs one call for each direction.
    """

    def __init__(self, incoming: socket.socket, outgoing: socket.socket | None = None) -> None:
        """Receive from a socket that blocks and send over another, or over the same; nobody else may.

        Two of them cost less where frames go back and forth: over a single one, the kernel wakes whoever waits for a
        reply already when the other side takes the request, in vain, and the two then meet at the socket's lock.
        """
        self._incoming = incoming
        self._outgoing = incoming if outgoing is None else outgoing
        # not a bytearray, which is filled with zeros page by page, when a few bytes are all that comes
        self._view = memoryview(mmap.mmap(-1, MANY, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
        self._early: bytes | bytearray = b""
        """What has arrived behind the last frame."""
        self._margin = math.inf
        """Seconds before a deadline from which on the kernel must not be left to wait."""

    def send(self, body: bytes | bytearray, deadline: float | None = None) -> None:
        """Send one frame before `deadline` (of time.monotonic).

        Raises:
            PeerClosedError: the other side is gone.
            TimeoutError: the deadline passed.
        """
        head = _HEAD.pack(len(body))
        try:
            if len(body) < FEW:
                self._send(head + body, deadline)
            else:
                self._send(head, deadline)
                self._send(body, deadline)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise PeerClosedError("the other side closed the connection") from error

    def receive(self, limit: int = MAX_BODY, deadline: float | None = None) -> bytearray:
        """Receive one frame's body of at most `limit` bytes before `deadline` (of time.monotonic).

        Memory grows with what has arrived, never with what a length claims.

        Raises:
            PeerClosedError: the other side is gone.
            TimeoutError: the deadline passed.
            WireError: the frame is larger than `limit`.
        """
        first = self._early or self._receive(MANY, deadline)
        if _HEAD.size <= len(first) <= limit and len(first) == _HEAD.size + _HEAD.unpack_from(first)[0]:
            self._early = b""
            return bytearray(first[_HEAD.size :])  # nearly always: one frame, and all of it
        return self._piece_together(bytearray(first), limit, deadline)

    def _piece_together(self, arrived: bytearray, limit: int, deadline: float | None) -> bytearray:
        """Go on where a frame has arrived in part, or with some of the next."""
        while len(arrived) < _HEAD.size:
            arrived += self._receive(MANY, deadline)
        size: int = _HEAD.unpack_from(arrived)[0]
        if size > limit:
            raise WireError(f"a frame of {size} bytes is larger than the {limit} allowed")
        end = _HEAD.size + size
        body, self._early = arrived[_HEAD.size : end], arrived[end:]
        while len(body) < size:
            if deadline is not None and time.monotonic() > deadline:  # a byte now and then prolongs nothing
                raise TimeoutError
            body += self._receive(size - len(body), deadline)
        return body

    def _receive(self, most: int, deadline: float | None) -> memoryview:
        """Wait for bytes; return what there is, until the next call."""
        while True:
            if deadline is not None and deadline - time.monotonic() <= self._margin:
                self._wait(self._incoming, select.POLLIN, deadline)
            try:
                number = self._incoming.recv_into(self._view, min(most, MANY))
            except BlockingIOError:  # a tick has passed
                continue
            except ConnectionResetError as error:
                raise PeerClosedError("the other side closed the connection") from error
            if number == 0:
                raise PeerClosedError("the other side closed the connection")
            return self._view[:number]

    def _send(self, data: bytes | bytearray, deadline: float | None) -> None:
        sent = 0
        while sent < len(data):
            if deadline is not None and deadline - time.monotonic() <= self._margin:
                self._wait(self._outgoing, select.POLLOUT, deadline)
            try:
                sent += self._outgoing.send(memoryview(data)[sent:] if sent else data)
            except BlockingIOError:  # a tick has passed
                continue

    def _wait(self, sock: socket.socket, event: int, deadline: float) -> None:
        """Wait here, because the deadline is near: what follows takes no time.

        Raises:
            TimeoutError: it has passed.
        """
        self._tick()
        left = deadline - time.monotonic()
        if left > TICK:
            return
        poll = select.poll()
        poll.register(sock, event)
        if not poll.poll(max(left, LEAST) * 1000):
            raise TimeoutError

    def _tick(self) -> None:
        """Have the kernel wait for no longer than a tick."""
        if self._margin == TICK:
            return
        limit = struct.pack("@ll", 0, int(TICK * 1e6))
        self._incoming.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self._outgoing.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        self._margin = TICK
