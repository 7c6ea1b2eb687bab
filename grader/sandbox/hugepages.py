"""Huge pages for a process that is forked again and again. Standard library only.

A fork copies an entry of the page table for every 4 KiB of private memory, and its end gives each back: with torch
imported that is most of what a fork costs. What lies in huge pages is one entry for 2 MiB; a fork that writes there has
4 KiB copied, as ever.
"""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING

from grader.sandbox.pseudofile import read_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 2**21
PAGE = 2**12
PAGES = SIZE // PAGE
AT_A_TIME = 8
"""Huge pages that are made at one call: some ten milliseconds."""
WORTH = PAGES // 2
"""Pages in use from which on it pays to take the whole."""
_COLLAPSE = 25
"""MADV_COLLAPSE of include/uapi/asm-generic/mman-common.h, since Linux 6.1."""

_LIBC = ctypes.CDLL(None)
_WORD = ctypes.c_size_t


class HugePages:
    """Gathers this process's private memory into huge pages, a slice at each call, round and round.

    Round and round, because what is written to while a fork lives is split again.
    """

    def __init__(self) -> None:
        self._left: list[int] = []
        self._pays = False
        self._works = os.sysconf("SC_PAGESIZE") == PAGE and _madvise(0, 0) == 0
        """Whether this kernel can, and has any left."""

    def gather(self) -> None:
        """Make the next few. After the first fork none yet: there may be no other."""
        if self._works and self._pays:
            self._works = self._gather_some()
        self._pays = True

    def _gather_some(self) -> bool:
        if not self._left:
            self._left = [start for first, last in _private_memory() for start in _worthwhile(first, last)]
        now, self._left = self._left[:AT_A_TIME], self._left[AT_A_TIME:]
        return 0 in [_madvise(start, SIZE) for start in now]


def _madvise(start: int, size: int) -> int:
    return int(_LIBC.madvise(_WORD(start), _WORD(size), ctypes.c_int(_COLLAPSE)))


def _private_memory() -> Iterator[tuple[int, int]]:
    """Return the heap and what else belongs to no file, each with its first and its last huge page's start."""
    for line in read_whole("/proc/self/maps").splitlines():
        place, rights, _, _, _, *name = line.split()
        if rights == b"rw-p" and name in ([], [b"[heap]"]):
            start, end = (int(word, 16) for word in place.split(b"-"))
            yield -(-start // SIZE) * SIZE, end // SIZE * SIZE


def _worthwhile(first: int, last: int) -> Iterator[int]:
    """Return where in a stretch of memory most pages are in use."""
    if first >= last:
        return
    told = (ctypes.c_ubyte * ((last - first) // PAGE))()
    if _LIBC.mincore(_WORD(first), _WORD(last - first), told) != 0:
        return  # it is gone
    resident = bytes(told)
    for start in range(first, last, SIZE):
        at = (start - first) // PAGE
        if resident.count(1, at, at + PAGES) >= WORTH:
            yield start
