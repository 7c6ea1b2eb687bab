"""The number of a call, which its reply repeats: so nothing that was written before the call can pass for the reply.

A request is the number and a pickle (`requests`), a reply the value `[number, status, value]`.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Generic, TypeVar

BYTES = 16
MANY = 64
_HEAD = b"l" + struct.pack("<Q", 3) + b"bB" + struct.pack("<Q", BYTES)
"""Before the number in a reply: the head of the list, and its own."""
_END = len(_HEAD) + BYTES

T = TypeVar("T")


@dataclass(frozen=True)
class Step(Generic[T]):
    """A request that was made before, and what came after each answer to it: another one, or an end."""

    request: bytes
    """Without the number of the call, as are the answers."""
    after: dict[bytes, Step[T] | T]


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


def answer_to(number: bytes, reply: bytearray) -> bytes | None:
    """Return a reply without the number of its call: what is the same at every call that is answered the same.

    None where it is no reply to the call of this number.
    """
    return bytes(reply[_END:]) if reply.startswith(_HEAD + number) else None
