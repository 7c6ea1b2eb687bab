"""Intervals of 90 %: each end is wrong one time in twenty, so a finding that needs only one end is, too.

share of a sample       Wilson's score interval (1927; recommended by Brown, Cai and DasGupta 2001)
median                  order statistics, without any assumption on the distribution (Conover 1999, 3.2)
everything else         percentile bootstrap over candidates (Efron and Tibshirani 1993, chapter 13)
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from grader.question import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

LEVEL = 0.9
ENOUGH = 30
"""Of a sample, for anything but a share."""
RESAMPLES = 1000
_TAIL = (1 - LEVEL) / 2
_Z = NormalDist().inv_cdf(1 - _TAIL)
_SEED = 20260101
"""Always the same one: the same results give the same figures."""
_CELLS = 4_000_000
"""Of a table of resamples that is in memory at a time."""


class Estimate(Frozen):
    """A figure with the interval that it may as well be in."""

    value: float
    low: float
    high: float


def wilson(passed: float, count: int) -> Estimate:
    """Return a share with Wilson's score interval; a tie may count half."""
    share, square = passed / count, _Z**2
    centre = (passed + square / 2) / (count + square)
    half = _Z / (count + square) * math.sqrt(passed * (count - passed) / count + square / 4)
    return Estimate(value=share, low=max(centre - half, 0.0), high=min(centre + half, 1.0))


def median(values: Sequence[float]) -> Estimate | None:
    """Return a median between two order statistics, or None where no two of so few lie far enough apart."""
    ordered, count = sorted(values), len(values)
    rank, weight, below = 0, 1, 0  # the binomial coefficient (count, rank), and the sum of those before it
    while below + weight <= _TAIL * 2**count:
        below += weight
        weight = weight * (count - rank) // (rank + 1)
        rank += 1
    if rank == 0:
        return None
    middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return Estimate(value=middle, low=ordered[rank - 1], high=ordered[count - rank])


def resamples(count: int) -> Iterator[NDArray[np.float64]]:
    """Yield how often each of `count` candidates is drawn in each resample, in blocks of (resamples, count)."""
    draw = np.random.default_rng(_SEED)
    block = max(1, min(RESAMPLES, _CELLS // count))
    for start in range(0, RESAMPLES, block):
        size = min(block, RESAMPLES - start)
        yield draw.multinomial(count, np.full(count, 1 / count), size=size).astype(np.float64)


def between(value: float, drawn: NDArray[np.float64]) -> Estimate | None:
    """Return a figure with the interval of its resamples; None where too many of them have no value."""
    known = drawn[np.isfinite(drawn)]
    if not math.isfinite(value) or len(known) < LEVEL * len(drawn):
        return None
    low, high = np.quantile(known, [_TAIL, 1 - _TAIL])
    return Estimate(value=value, low=float(low), high=float(high))
