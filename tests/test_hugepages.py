"""Huge pages: a process that is forked again and again gathers its memory, and nothing in it changes."""

from __future__ import annotations

import itertools
import mmap
import os
import subprocess
import sys

import pytest

from grader.sandbox import hugepages
from grader.sandbox.hugepages import AT_A_TIME, PAGE, SIZE, HugePages

needs_them = pytest.mark.skipif(
    os.sysconf("SC_PAGESIZE") != PAGE or hugepages._madvise(0, 0) != 0,
    reason="this kernel makes no huge pages on request: it is older than Linux 6.1, or has pages of another size",
)

GATHER = """
import mmap, sys
from grader.sandbox.hugepages import AT_A_TIME, SIZE, HugePages

def huge():
    fields = dict(line.split(":") for line in open("/proc/self/smaps_rollup").read().splitlines()[1:])
    return int(fields["AnonHugePages"].split()[0])

number = 2 * AT_A_TIME + 3
memory = mmap.mmap(-1, (number + 1) * SIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
filled = bytes(range(1, 256)) * 8000
for start in range(0, len(memory), SIZE):
    memory[start : start + len(filled)] = filled
pages, seen = HugePages(), [huge()]
for _ in range(5):
    pages.gather()
    seen.append(huge())
same = all(memory[start : start + len(filled)] == filled for start in range(0, len(memory), SIZE))
print(*seen, same)
"""


def told(program: str) -> list[str]:
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return shown.stdout.split()


@needs_them
def test_memory_in_use_is_gathered_a_slice_at_a_time() -> None:
    """After the first fork nothing yet; then some at each call, until all are; every byte stays."""
    *kibibytes, same = told(GATHER)
    made = [(int(after) - int(before)) * 1024 // SIZE for before, after in itertools.pairwise(kibibytes)]

    assert same == "True"
    assert made[0] == 0
    assert all(number <= AT_A_TIME for number in made)
    assert sum(made) >= AT_A_TIME  # the machine may have no more to give
    assert made[-1] == 0


@pytest.fixture
def memory() -> mmap.mmap:
    return mmap.mmap(-1, 4 * SIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def place_of(memory: mmap.mmap) -> tuple[int, int]:
    """The mapping that a piece of memory has become a part of."""
    import ctypes

    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    return next((first, last) for first, last in hugepages._private_memory() if first - SIZE < address < last + SIZE)


def test_what_is_hardly_used_is_left(memory: mmap.mmap) -> None:
    """A huge page that is nearly empty would only cost memory."""
    memory[0] = 1
    first, last = place_of(memory)
    before = len(list(hugepages._worthwhile(first, last)))
    memory[:] = b"x" * len(memory)

    assert len(list(hugepages._worthwhile(first, last))) >= before + 3


def test_memory_that_is_gone_is_left() -> None:
    """It may have been given back since it was listed."""
    assert list(hugepages._worthwhile(SIZE, 3 * SIZE)) == []
    assert list(hugepages._worthwhile(3 * SIZE, 3 * SIZE)) == []


@pytest.mark.parametrize("answer", [-1, 0], ids=["refused", "made"])
def test_it_stops_where_there_are_none(monkeypatch: pytest.MonkeyPatch, answer: int) -> None:
    """A kernel that cannot is asked once, and one that has none left not at every fork again."""
    asked: list[int] = []

    def madvise(start: int, size: int) -> int:
        asked.append(start)
        return answer if size else 0

    monkeypatch.setattr(hugepages, "_madvise", madvise)
    monkeypatch.setattr(hugepages, "_private_memory", lambda: [(0, 40 * SIZE)])
    monkeypatch.setattr(hugepages, "_worthwhile", lambda first, last: range(first, last, SIZE))
    pages = HugePages()
    for _ in range(4):
        pages.gather()

    assert len(asked) - 1 == (AT_A_TIME if answer else 3 * AT_A_TIME)


def test_an_old_kernel_is_asked_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(start: int, size: int) -> int:
        assert (start, size) == (0, 0)
        return -1

    monkeypatch.setattr(hugepages, "_madvise", refuse)
    pages = HugePages()
    pages.gather()
    pages.gather()
