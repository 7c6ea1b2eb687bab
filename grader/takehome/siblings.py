"""Variants of one question side by side: candidates drew them by lot, so what they reach should be alike.

Each is compared with all others by Welch's approximation (1947) for means of unequal spread; the level of the interval
is shared among the variants (Bonferroni), so that of many fair ones hardly any is called.
"""

from __future__ import annotations

import math
from statistics import NormalDist, fmean, variance
from typing import TYPE_CHECKING

from grader.intervals import ENOUGH, LEVEL, Estimate, median, wilson
from grader.takehome.items import FEW, Figures, Finding, ItemFigures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FAIR = 0.10
"""So far the means of fair variants may lie apart, as shares of the points."""


def compare(name: str, answers: Mapping[str, Sequence[tuple[float, float]]], maximum: float) -> Figures:
    """Return what is known of the variants of one question.

    Args:
        name: of the question.
        answers: variant to the share of the points and the seconds of each answer to it.
        maximum: points there are.
    """
    count = sum(map(len, answers.values()))
    items = []
    for variant, own in sorted(answers.items()):
        shares = [share for share, _ in own]
        others = [share for other, found in answers.items() if other != variant for share, _ in found]
        gap = _gap(shares, others, len(answers)) if count >= ENOUGH else None
        full = sum(share >= 1 for share in shares)
        items.append(
            ItemFigures(
                name=variant,
                points=maximum,
                candidates=len(shares),
                full=full,
                difficulty=wilson(full, len(shares)),
                seconds=median([seconds for _, seconds in own]) if count >= ENOUGH else None,
                gap=gap,
                findings=(Finding.UNLIKE,) if gap and (gap.low > FAIR or gap.high < -FAIR) else (),
            )
        )
    return Figures(name=name, candidates=count, items=tuple(items))


def _gap(own: Sequence[float], others: Sequence[float], variants: int) -> Estimate | None:
    """Return the difference of two means, or None where one is of too few."""
    if min(len(own), len(others)) < FEW:
        return None
    value = fmean(own) - fmean(others)
    error = math.sqrt(variance(own) / len(own) + variance(others) / len(others))
    half = NormalDist().inv_cdf(1 - (1 - LEVEL) / 2 / variants) * error
    return Estimate(value=value, low=value - half, high=value + half)
