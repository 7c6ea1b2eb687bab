"""A race of two sides, pair after pair: how long each takes, when nobody else is in its way.

Duet benchmarking (Bulej et al., ICPE 2020): each pair runs both sides in random order on fresh inputs of equal content.

A time is the examiner's own, from sending the arguments to having the answer, less what the machine's other work takes
away: the moments in which the guest's process or the examiner was ready to run, and somebody else was on the processor
(Documentation/scheduler/sched-stats.rst). Sleeping and waiting for one's own processes count in full, and a time is
never less than the CPU time of all processes of the guest, by the threads it may use: so dividing a call among them, or
getting in one's own way, gains nothing. Where the kernel does not tell, it is the plain time.

While it is not asked, each side is stopped with all its processes: it can neither compute in the gaps nor take time
from the other side. What the submission uses all the same, an audit of its CPU time finds.

Every look begins with fresh guests on both sides, so that a long race does not rest on where one process happens to
have its memory (Kalibera and Jones, ISMM 2013: repeat at the level that varies most).
"""

from __future__ import annotations

import math
import random
import time
from typing import TYPE_CHECKING

from grader.exam.duel import MINE, OURS, recheck
from grader.exam.solution import CheckEnded
from grader.sandbox import tree
from grader.verdict import Outcome

if TYPE_CHECKING:
    from grader.exam.duel import Duel

WARM_UP = 2
AUDIT_FACTOR = 1.1
AUDIT_MARGIN = 0.03
"""Seconds of CPU time outside the measured calls that ticks of 10 ms and the moments until it stops may explain."""


class Race:
    """Pairs of calls, timed."""

    def __init__(self, duel: Duel) -> None:
        self._duel = duel
        self._order = random.Random(duel.seed)
        self._pairs = 0
        self._measured = 0.0
        """Seconds of the first side in measured calls."""
        self._used = 0.0
        """CPU seconds of all its processes, from the first measured call of each guest to its last."""

    def block(self, count: int) -> list[float]:
        """Measure so many pairs in fresh guests, and leave them stopped; return the log ratios.

        Raises:
            CheckEnded: the submission ended.
            Mismatch: it gave another result than ours.
        """
        mine = self._duel.sides[MINE]
        for side in (MINE, OURS):
            self._duel.renew(side)
            self._duel.sides[side].rest()
        for _ in range(WARM_UP):
            self._pair()
        before = mine.cpu
        times = [self._pair() for _ in range(count)]
        self._used += mine.cpu - before
        self._measured += sum(pair[MINE] for pair in times)
        return [math.log(pair[MINE] / pair[OURS]) for pair in times]

    def audit(self) -> None:
        """Compare the CPU time of all the submission's processes with the time it was being measured.

        Raises:
            CheckEnded: it computed outside the measured calls.
        """
        if self._used > AUDIT_FACTOR * self._measured * self._duel.sides[MINE].threads + AUDIT_MARGIN:
            reason = f"used {self._used:.2f} s of CPU time in {self._measured:.2f} s of measured calls"
            raise CheckEnded(Outcome.FAILED, reason)

    def _pair(self) -> tuple[float, float]:
        """Time both sides once on equal inputs, in random order."""
        seconds: list[float] = [0.0, 0.0]
        values: list[object] = [None, None]
        for side in self._order.sample((MINE, OURS), 2):
            seconds[side], values[side] = self._time(side)
        self._pairs += 1
        recheck(values[MINE], values[OURS])
        return seconds[MINE], seconds[OURS]

    def _time(self, side: int) -> tuple[float, object]:
        """Call one side; return its time and its answer."""
        candidate, arguments = self._duel.sides[side], self._duel.arguments(self._pairs)
        used = -candidate.ran()
        candidate.wake()
        waited = -(candidate.kept_waiting() + tree.waited())
        started = time.perf_counter()
        value = self._duel.call(side, arguments)
        elapsed = time.perf_counter() - started
        waited += candidate.kept_waiting() + tree.waited()
        candidate.rest()
        used += candidate.ran()
        return max(elapsed - waited, used / candidate.threads), value
