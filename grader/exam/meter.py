"""The stopwatch: a ratio of times, the submission against one of our own solutions, in interleaved pairs.

Method: duet benchmarking (Bulej et al., ICPE 2020) with a sequential rule of fixed looks. Each pair runs both sides in
random order on fresh inputs of equal content; the estimate is the median of the log ratios with a bootstrap interval,
looked at after 15, 30, 60 and 120 pairs, each look at a quarter of the total error of 5 %.

While it is not asked, the submission is stopped with all its processes: it can neither compute in the gaps nor take
time from the other side. What it uses all the same, beside the measured calls or on more cores, an audit finds.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.exam.compare import assert_close
from grader.exam.seeds import derive, make_rng
from grader.exam.solution import CheckEnded, Solution, SuiteFaultError
from grader.verdict import Outcome, PerformanceResult

if TYPE_CHECKING:
    from grader.exam.candidate import Candidate
    from grader.exam.desk import Desk
    from grader.question import Performance

LOOKS = (15, 30, 60, 120)
WARM_UP = 2
ALPHA = 0.05
RESAMPLES = 1000
RECHECK_RTOL = {"float64": 1e-8, "complex128": 1e-8, "float16": 5e-2, "bfloat16": 5e-2}
RECHECK_DEFAULT = 1e-3
AUDIT_FACTOR = 1.1
AUDIT_MARGIN = 0.03
"""Seconds of CPU time outside the measured calls that ticks of 10 ms and the moments until it stops may explain."""

Draw = Callable[[Any], tuple[Sequence[object], dict[str, object]]]


@dataclass(frozen=True)
class Interval:
    """A ratio with its confidence interval."""

    ratio: float
    low: float
    high: float


def interval(logs: Sequence[float], seed: int) -> Interval:
    """Return the median ratio, with a bootstrap percentile interval at one look's share of the error."""
    import numpy as np

    values = np.asarray(logs, dtype=np.float64)
    draws = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    medians = np.median(values[draws], axis=1)
    tail = ALPHA / len(LOOKS) / 2
    low, high = np.quantile(medians, [tail, 1 - tail])
    return Interval(math.exp(float(np.median(values))), math.exp(float(low)), math.exp(float(high)))


def decide(found: Interval, limit: float) -> bool | None:
    """Return True when surely within the limit, False when surely beyond, None when it cannot be told yet."""
    if found.high < limit:
        return True
    return False if found.low > limit else None


class Meter:
    """Measures the submission of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def measure(self, name: str, draw: Draw, performance: Performance) -> None:
        """Run the performance check `name`.

        Raises:
            CheckEnded: the submission is too slow, or computed outside the measured calls.
        Mismatch: it gave another result than ours.
        """
        seed = derive(self._desk.seed, self._desk.submission.sha256, name)
        opponent = self._desk.opponent(performance.against)
        opponent.begin(seed, allowed=self._desk.question.spec.limits.wall)
        try:
            race = Race(self._desk.candidate, opponent, performance.of, draw, seed)
            result = race.run(name, performance)
        finally:
            opponent.close()
        self._desk.measured.append(result)
        if not _within(result):
            raise CheckEnded(Outcome.SLOW, _explain(result, performance))


def _within(result: PerformanceResult) -> bool:
    """Undecided counts for the candidate."""
    return not result.decided or result.ratio < result.limit


def _explain(result: PerformanceResult, performance: Performance) -> str:
    if performance.at_least is not None:
        faster = 1 / result.ratio
        return (
            f"{faster:.2f} times as fast as the solution it is compared with; {performance.at_least:g} times is asked"
        )
    return f"{result.ratio:.2f} times as slow as the solution it is compared with; {result.limit:g} times is allowed"


class Race:
    """Two candidates, pair after pair."""

    def __init__(self, mine: Candidate, other: Candidate, export: str, draw: Draw, seed: int) -> None:
        self._sides = (mine, other)
        self._stand_ins = (Solution(mine), Solution(other))
        self._export = export
        self._draw = draw
        self._seed = seed
        self._order = random.Random(seed)
        self._windows = 0.0

    def run(self, name: str, performance: Performance) -> PerformanceResult:
        """Warm up, then pair until it is decided or the last look has passed."""
        try:
            self._sides[0].rest()
            return self._run(name, performance)
        finally:
            self._sides[0].wake()

    def _run(self, name: str, performance: Performance) -> PerformanceResult:
        for number in range(WARM_UP):
            self._pair(-1 - number)
        cpu_before, self._windows = self._sides[0].cpu, 0.0
        logs: list[float] = []
        found, verdict = Interval(1.0, 1.0, 1.0), None
        for look in LOOKS:
            while len(logs) < look:
                logs.append(self._pair(len(logs)))
            found = interval(logs, self._seed)
            verdict = decide(found, performance.limit)
            if verdict is not None:
                break
        self._audit(self._sides[0].cpu - cpu_before)
        return PerformanceResult(
            name=name, ratio=found.ratio, low=found.low, high=found.high, limit=performance.limit,
            pairs=len(logs), against=performance.against, decided=verdict is not None,
        )  # fmt: skip

    def _pair(self, number: int) -> float:
        """Time both sides once on equal inputs, in random order; return the log ratio of mine to the other's."""
        seconds: list[float] = [0.0, 0.0]
        values: list[object] = [None, None]
        for side in self._order.sample((0, 1), 2):
            args, kwargs = self._draw(make_rng(derive(self._seed, str(number))))
            self._sides[side].wake()
            started = time.perf_counter()
            values[side] = self._call(side, args, kwargs)
            seconds[side] = time.perf_counter() - started
            self._sides[side].rest()
        self._windows += seconds[0]
        recheck(values[0], values[1])
        return math.log(seconds[0] / seconds[1])

    def _call(self, side: int, args: Sequence[object], kwargs: dict[str, object]) -> object:
        """Call one side; what goes wrong on the other's is our own fault."""
        try:
            return self._stand_ins[side]._call((self._export,), args, kwargs)
        except (CheckEnded, Exception) as error:
            if side == 0:
                raise
            raise SuiteFaultError(f"the solution it is measured against failed: {error}") from error

    def _audit(self, cpu: float) -> None:
        """Compare the CPU time of the whole guest with the time it was being measured."""
        threads = self._sides[0].threads
        if cpu > AUDIT_FACTOR * self._windows * threads + AUDIT_MARGIN:
            raise CheckEnded(Outcome.FAILED, f"used {cpu:.1f} s of CPU time in {self._windows:.1f} s of measured calls")


def recheck(mine: object, other: object) -> None:
    """Compare a timed output with our own solution's; looser than a test of values, but nothing is timed unchecked."""
    dtype = str(getattr(other, "dtype", "")).removeprefix("torch.")
    assert_close(mine, other, rtol=RECHECK_RTOL.get(dtype, RECHECK_DEFAULT))
