"""The number of a call, which its reply repeats: so nothing that was written before the call can pass for the reply.

A request is the number and a pickle (`requests`), a reply the value `[number, status, value]`.
"""

from __future__ import annotations

import os

BYTES = 16
MANY = 64
_START = len(b"l") + 8 + len(b"b") + len(b"B") + 8
"""Of the number in a reply: before it stand the head of the list and its own."""
_END = _START + BYTES


class Numbers:
    """Draws the numbers of one guest's calls, many at a time; never shared with a fork."""

    def __init__(self) -> None:
        self._drawn = b""
        self._at = 0

    def draw(self) -> bytes:
        """Return a number that nobody can foretell."""
        if self._at == len(self._drawn):
            self._drawn, self._at = os.urandom(BYTES * MANY), 0
        start = self._at
        self._at = start + BYTES
        return self._drawn[start : start + BYTES]


def is_reply(reply: object, number: bytes) -> bool:
    """Whether a value is the reply to the call of this number; exact types first, so that comparing is safe."""
    if not (isinstance(reply, list) and len(reply) == 3 and type(reply[0]) is bytes and type(reply[1]) is str):
        return False
    return reply[0] == number and reply[1] in {"ok", "raise"}


def asks(request: bytes) -> bytes:
    """Return a request without its number: what is the same at every call that asks the same."""
    return request[BYTES:]


def number_of(request: bytes | bytearray) -> bytes:
    """Return the number of a request."""
    return bytes(request[:BYTES])


def answers(reply: bytearray) -> bytes:
    """Return a reply without its number: what is the same at every call that is answered the same."""
    return bytes(reply[:_START] + reply[_END:])


def number_in(reply: bytearray) -> bytes:
    """Return what stands in a reply where its number should."""
    return bytes(reply[_START:_END])
