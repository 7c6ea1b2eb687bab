"""A ratio judged from pairs, in a few fixed looks: estimate, interval, decision, and what may overrule it. Pure.

Each look takes a quarter of the total error of 5 %, so that looking often finds no more by chance (Bonferroni). The
estimate is the median of the log ratios, which disturbed pairs cannot move far, with a bootstrap interval.

A decision against a submission must hold against a control: one of our own solutions, measured against itself under the
same conditions and as often. What equal sides seem to differ by is the machine's doing, and must not be what separates
a submission from its limit. Where it might be, measuring goes on; at the end, undecided counts for the submission. One
that passes pays for no control.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LOOKS = (15, 30, 60, 120)
ALPHA = 0.05
RESAMPLES = 1000


@dataclass(frozen=True)
class Interval:
    """A ratio with its confidence interval."""

    ratio: float
    low: float
    high: float

    @property
    def slip(self) -> float:
        """The largest factor by which it may stand away from 1, in either direction."""
        return max(self.high, 1 / self.low)


@dataclass(frozen=True)
class Judgement:
    """What the looks at one measurement came to."""

    found: Interval
    logs: tuple[float, ...]
    """The log ratio of each pair."""
    verdict: bool | None
    """Whether it is within the limit; None where it cannot be told."""
    slip: float | None = None
    """How far equal sides seemed to stand apart, where that alone forbade a verdict."""


More = Callable[[int], Sequence[float]]
"""Measure so many pairs more; return their log ratios."""


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


def holds(found: Interval, equal: Interval, limit: float) -> bool:
    """Return whether a submission beyond the limit is so by more than equal sides seem to stand apart.

    The control's distance from 1, to the submission's harm, and the errors of both, which are independent.
    """
    error = math.hypot(math.log(found.ratio / found.low), math.log(equal.slip) - abs(math.log(equal.ratio)))
    return math.log(found.ratio / limit) > abs(math.log(equal.ratio)) + error


def judge(race: More, control: More, limit: float, seed: int) -> Judgement:
    """Measure up to each look in turn, until it is decided or the last look has passed.

    Args:
        race: the submission against one of our solutions.
        control: that solution against itself; measured only when the submission seems to be beyond the limit.
        limit: the largest allowed ratio.
        seed: of the resampling.
    """
    logs: list[float] = []
    equal: list[float] = []
    found, verdict, slip = Interval(1.0, 1.0, 1.0), None, None
    for look in LOOKS:
        logs += race(look - len(logs))
        found = interval(logs, seed)
        verdict, slip = decide(found, limit), None
        if verdict is False:
            equal += control(look - len(equal))
            same = interval(equal, seed)
            verdict, slip = (False, None) if holds(found, same, limit) else (None, same.slip)
        if verdict is not None:
            break
    return Judgement(found, tuple(logs), verdict, slip)
