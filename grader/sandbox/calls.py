"""The number of a call, which its reply repeats: so nothing that was written before the call can pass for the reply.

A request is `[number, operation, dropped handles, *arguments]`, a reply `[number, status, value]`.
"""

from __future__ import annotations

import secrets

BYTES = 16
MANY = 64
_START = len(b"l") + 8 + len(b"b") + len(b"B") + 8
"""Before it stand the head of the list and its own."""
_END = _START + BYTES


class Numbers:
    """Draws the numbers of one guest's calls, many at a time; never shared with a fork."""

    def __init__(self) -> None:
        self._drawn = b""
        self._at = 0

    def draw(self) -> bytes:
        """Return a number that nobody can foretell."""
        if self._at == len(self._drawn):
            self._drawn, self._at = secrets.token_bytes(BYTES * MANY), 0
        start = self._at
        self._at = start + BYTES
        return self._drawn[start : start + BYTES]


def is_reply(reply: object, number: bytes) -> bool:
    """Whether a value is the reply to the call of this number; exact types first, so that comparing is safe."""
    if not (isinstance(reply, list) and len(reply) == 3 and type(reply[0]) is bytes and type(reply[1]) is str):
        return False
    return reply[0] == number and reply[1] in {"ok", "raise"}


def without_number(frame: bytes | bytearray) -> bytes:
    """Return a request or a reply as it is at every call that asks or answers the same."""
    return bytes(frame[:_START] + frame[_END:])


def with_number(frame: bytes, number: bytes) -> bytes:
    """Return a request that had its number taken out, with another one."""
    return frame[:_START] + number + frame[_START:]


def number_in(frame: bytes | bytearray) -> bytes:
    """Return what stands in a frame where its number should."""
    return bytes(frame[_START:_END])
