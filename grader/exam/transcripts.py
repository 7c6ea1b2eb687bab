"""What checks asked of submissions and heard from them, to their end: who answers the same is told the same.

A check is a function of its seed and of the answers it gets. Once it has passed, or failed, another submission is asked
the same again, request by request; if every answer is the same, bit for bit, then so is the result, and neither the
check nor the oracle in it need run. At the first answer that differs the check is run after all: it hears again what
was answered so far, and goes on from there.

Only what follows from the seed and the answers is noted: no check that measures, that lets Hypothesis choose while it
runs, that sends pickles or holds objects of the guest, in which the guest ended or met a limit.
"""

from __future__ import annotations

import itertools
import os
import pickle
import socket
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from grader.exam.solution import FIRST_PROBE, probes_behind
from grader.sandbox.calls import Step
from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.exam.solution import Solution
    from grader.sandbox.wire import HandleRef
    from grader.verdict import RawResult

MAX_TAPE = 512 * 2**10
"""Bytes of one transcript; a longer one costs more to keep than its check."""
MAX_SHELF = 64 * 2**20
"""Bytes of all transcripts of a question; what was brought longest ago gives way."""
MAX_WAYS = 32
"""Transcripts of one check at one seed: so many ways to compute right, down to the last bit, are known at most, and so
many to be wrong."""


class Exchange(NamedTuple):
    """A request and the answer to it, both without the number of the call."""

    request: bytes
    answer: bytes


class Key(NamedTuple):
    """A check at a seed."""

    check: str
    seed: int


@dataclass(frozen=True)
class Transcript:
    """All that a check asked, and heard, and what came of it."""

    probes: tuple[tuple[str, str], ...]
    """The suite's functions that it had run in the guest, by module and name."""
    exchanges: tuple[Exchange, ...]
    result: RawResult
    """Without the seconds it took."""

    @property
    def passed(self) -> bool:
        """Whether the check did."""
        return self.result.outcome is Outcome.PASSED


class Tape:
    """What a check asks and hears while it runs."""

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._size = 0
        self._numbers: set[int] = set()
        self._spoilt = False

    @property
    def counts(self) -> bool:
        """Whether something may still come of it."""
        return not self._spoilt

    def note(self, request: bytes, answer: bytes | None) -> None:
        """Add a request and its answer; None where that does not say everything."""
        if self._spoilt or answer is None:
            self.spoil()
            return
        self._size += len(request) + len(answer)
        self._exchanges.append(Exchange(request, answer))
        if self._size > MAX_TAPE:
            self.spoil()

    def refer(self, sent: HandleRef | bytes) -> None:
        """Note that a request holds what is no data: a probe, or what no other guest could be asked."""
        if isinstance(sent, bytes) or sent.number < FIRST_PROBE:
            self.spoil()
        else:
            self._numbers.add(sent.number)

    def spoil(self) -> None:
        """Make nothing of it."""
        self._spoilt = True
        self._exchanges.clear()

    def transcript(self, solution: Solution, result: RawResult) -> Transcript | None:
        """Return what was noted, with what came of it; None where that is not all, or nothing."""
        if self._spoilt or not self._exchanges:
            return None
        return Transcript(probes_behind(solution, self._numbers), tuple(self._exchanges), result)


Reached: TypeAlias = "Step[RawResult] | RawResult"


class Ways:
    """The ways in which one check is known to end, as a tree: after the same answers it asks the same."""

    def __init__(self) -> None:
        self.probes: dict[tuple[str, str], None] = {}
        """The suite's functions that any of them had run in the guest; a dict, to keep their order."""
        self.size = 0
        """Bytes, nearly."""
        self._from_start: dict[bytes, Reached] = {}
        """What is reached by no answer, under an empty one."""
        self._number = {True: 0, False: 0}

    @property
    def first(self) -> Step[RawResult]:
        """What all begin with; there must be one."""
        first = self._from_start[b""]
        assert isinstance(first, Step), "a check that asks nothing is not noted"
        return first

    def have_room(self, *, passed: bool) -> bool:
        """Whether another way would be kept, to pass or to fail."""
        return self._number[passed] < MAX_WAYS

    def add(self, transcript: Transcript) -> bool:
        """Know another one; False if it is known, or there is no room, or it asks otherwise after the same answers."""
        if not self.have_room(passed=transcript.passed) or not self._graft(transcript.exchanges, transcript.result):
            return False
        self._number[transcript.passed] += 1
        self.probes |= dict.fromkeys(transcript.probes)
        return True

    def _graft(self, exchanges: Sequence[Exchange], end: RawResult) -> bool:
        """Let a way leave the tree where its answers do; False if they do not."""
        after, answered = self._from_start, b""
        left = deque(exchanges)
        while left and (reached := after.get(answered)) is not None:
            request, answer = left.popleft()
            if not isinstance(reached, Step) or reached.request != request:
                return False
            after, answered = reached.after, answer
        if answered in after:
            return False
        after[answered] = _steps(left, end)
        self.size += len(answered) + sum(map(len, itertools.chain(*left)))
        return True


def _steps(exchanges: Sequence[Exchange], end: RawResult) -> Reached:
    reached: Reached = end
    for request, answer in reversed(exchanges):
        reached = Step(request, {answer: reached})
    return reached


class Shelf:
    """Where a fork server keeps what its examiners bring, for those that come after them."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._kept: OrderedDict[Key, Ways] = OrderedDict()
        self._size = 0

    def fileno(self) -> int:
        """Return the descriptor that is readable when an examiner brings something."""
        return self._ours.fileno()

    def find(self, key: Key) -> Ways | None:
        """Return the ways in which a check is known to end, if there are any."""
        return self._kept.get(key)

    def wants(self, key: Key) -> bool:
        """Whether another way would be kept, to pass or to fail."""
        ways = self._kept.get(key) or Ways()
        return ways.have_room(passed=True) or ways.have_room(passed=False)

    def bring(self, found: Mapping[Key, Transcript]) -> None:
        """Hand over, in an examiner, what it noted."""
        with open(os.memfd_create("transcripts", os.MFD_CLOEXEC), "w+b") as file:
            pickle.dump(dict(found), file)
            file.flush()
            socket.send_fds(self._theirs, [b"!"], [file.fileno()])

    def close(self) -> None:
        """Let nothing be brought any more."""
        self._ours.close()
        self._theirs.close()

    def take(self) -> int | None:
        """Put what an examiner brings on the shelf.

        Returns:
            A descriptor from which others can `learn` it, for the caller to close; None if nothing of it is new.
        """
        _, (news,), _, _ = socket.recv_fds(self._ours, 1, 1)
        if self.learn(news):
            return news
        os.close(news)
        return None

    def learn(self, news: int) -> bool:
        """Put what an examiner has brought on the shelf; return whether any of it is new."""
        brought = os.pread(news, os.fstat(news).st_size, 0)  # at no position: others read the same file
        found: dict[Key, Transcript] = pickle.loads(brought)  # from a fork of ours
        put = [self._put(key, transcript) for key, transcript in found.items()]
        return any(put)

    def _put(self, key: Key, transcript: Transcript) -> bool:
        ways = self._kept.get(key) or Ways()
        before = ways.size
        if not ways.add(transcript):
            return False
        self._kept[key] = ways
        self._kept.move_to_end(key)
        self._size += ways.size - before
        while self._size > MAX_SHELF:
            _, gone = self._kept.popitem(last=False)
            self._size -= gone.size
        return True
