"""Two sides on the scales: the most memory that each needs for the same call.

Every round takes fresh guests of one template, which know nothing yet, and one call in each. What a side needs is the
peak of all its processes while it loads and answers, less what its guest held before: so memory that was set aside at
import, in a helper process, in a mapped file or in shared memory counts like any other, and so do the arguments and
the result.

The peak is read from outside, where the submission cannot reach: from its control group (`memory.peak`, or
`memory.max_usage_in_bytes`; Documentation/admin-guide/cgroup-v2.rst), else from the high-water marks of its processes
(`VmHWM`, proc_pid_status(5)). These count the pages of libraries and of the wire too, as far as they are touched: what
our own solution touches of them is taken off both sides. Files in a guest's own small disk, and helpers that lived for
less than 20 ms, only a control group counts.

Memory hardly varies, so that a few rounds are enough: the smallest and the largest of six ratios hold the median with
97 % (1 - 2 / 2**6, whatever the distribution). Allocators round up, and a first call touches some pages of the
interpreter; so our own solution must need 16 MiB or more.
"""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

from grader.exam.duel import MINE, OURS, recheck
from grader.exam.looks import Interval, Judgement, decide
from grader.exam.solution import SuiteFaultError

if TYPE_CHECKING:
    from grader.exam.duel import Duel

ROUNDS = 6
LEAST = 16 * 2**20
"""Bytes that our own solution must need, or noise would decide."""


class Scales:
    """Rounds of one call each, weighed."""

    def __init__(self, duel: Duel) -> None:
        self._duel = duel

    def run(self, limit: float) -> Judgement:
        """Weigh both sides; the ratio is surely within or beyond the limit when all rounds agree.

        Raises:
            CheckEnded: the submission ended.
            Mismatch: it gave another result than ours.
            SuiteFaultError: our own solution needs too little to be compared with.
        """
        logs = [self._round(number) for number in range(ROUNDS)]
        found = Interval(*map(math.exp, (statistics.median(logs), min(logs), max(logs))))
        return Judgement(found, tuple(logs), decide(found, limit))

    def _round(self, number: int) -> float:
        """Return the log ratio of the peaks."""
        for side in (MINE, OURS):
            self._duel.renew(side)
        values = [self._duel.call(side, self._duel.arguments(number)) for side in (MINE, OURS)]
        recheck(values[MINE], values[OURS])
        return math.log(max(self._peak(MINE), 1) / self._peak_of_ours())

    def _peak_of_ours(self) -> int:
        peak = self._peak(OURS)
        if peak < LEAST:
            raise SuiteFaultError(
                f"the solution it is weighed against needs {peak / 2**20:.0f} MiB; "
                f"draw arguments for which it needs {LEAST // 2**20} MiB or more"
            )
        return peak

    def _peak(self, side: int) -> int:
        """Return the most bytes that one side has added to a fresh guest."""
        ours, candidate = self._duel.sides[OURS], self._duel.sides[side]
        common = max(ours.footprint().shared - ours.bare.shared, 0)
        return candidate.footprint().peak - candidate.bare.held - common
