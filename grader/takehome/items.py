"""What a cohort's results say of the items: classical test theory, with intervals, and silence where there are too few.

    difficulty         mean share of the points (1 is easiest)
    discrimination     corrected item-rest correlation: with the points of all other items (Henrysson 1963)
    alpha              Cronbach's, of the points (1951); items on which all are equal are left out
    standard error     of measurement: standard deviation of the totals · √(1 − alpha), in points

Under 30 candidates there is a difficulty and nothing else. A finding is called only where the whole interval lies
outside the good zone: difficulty .20 to .95, discrimination over .20.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from grader.intervals import ENOUGH, Estimate, between, median, resamples, wilson
from grader.question import Frozen
from grader.takehome.moments import moments

if TYPE_CHECKING:
    from collections.abc import Sequence


FEW = 5
"""So many must have passed, and as many failed, for a correlation to mean something."""
HARD, EASY, WEAK = 0.20, 0.95, 0.20


class Finding(StrEnum):
    """Why an item wants a look."""

    NOBODY = "nobody"
    HARD = "hard"
    EASY = "easy"
    NEGATIVE = "negative"
    WEAK = "weak"
    UNLIKE = "unlike"

    @property
    def sentence(self) -> str:
        """The finding in words, for a person."""
        return _SENTENCES[self]


_SENTENCES = {
    Finding.NOBODY: "nobody passes it: is it right, and does the statement ask for it?",
    Finding.HARD: "fewer than one in five pass it",
    Finding.EASY: "nearly everybody passes it: it tells nobody apart",
    Finding.NEGATIVE: "who does well elsewhere fails it more often: probably a fault of its own",
    Finding.UNLIKE: "it is harder or easier than the other variants: regrade without it, or leave it out next time",
    Finding.WEAK: "it tells little of what the others measure: does it measure something else?",
}


@dataclass(frozen=True)
class Column:
    """One item, and what each candidate did with it."""

    name: str
    maximum: float
    """Points there are."""
    points: Sequence[float]
    """Of each candidate."""
    seconds: Sequence[float] = ()
    """What each candidate's answer took."""
    group: str = ""
    visibility: str = ""


class ItemFigures(Frozen):
    """What is known of one item."""

    name: str
    group: str = ""
    visibility: str = ""
    points: float
    """There are."""
    candidates: int
    full: int
    """Candidates with all its points."""
    difficulty: Estimate | None = None
    discrimination: Estimate | None = None
    alpha_without: float | None = None
    """Of the others."""
    seconds: Estimate | None = None
    """Median."""
    gap: Estimate | None = None
    """Of a variant: its mean share of the points less that of all others."""
    findings: tuple[Finding, ...] = ()


class Figures(Frozen):
    """What is known of the items that the same candidates answered."""

    name: str
    candidates: int
    total: Estimate | None = None
    """Mean share of all points."""
    alpha: Estimate | None = None
    error: Estimate | None = None
    """Standard error of measurement, in points."""
    seconds: Estimate | None = None
    """Median, of a whole answer."""
    items: tuple[ItemFigures, ...]


def analyse(name: str, columns: Sequence[Column], seconds: Sequence[float] = ()) -> Figures:
    """Return everything the answers of a cohort say of its items.

    Args:
        name: of what the items belong to.
        columns: the items; all have the same candidates, in the same order.
        seconds: what each candidate's whole answer took.
    """
    count = len(columns[0].points) if columns else 0
    if count < ENOUGH:
        items = tuple(_described(column, _share(column)) for column in columns)
        return Figures(name=name, candidates=count, items=items)
    sample = _Sample(columns)
    items = tuple(sample.item(index, column) for index, column in enumerate(columns))
    return Figures(
        name=name, candidates=count, items=items, seconds=median(seconds),
        total=sample.total(), alpha=sample.alpha(), error=sample.error(),
    )  # fmt: skip


def _share(column: Column) -> Estimate | None:
    """Return the share that passed an item that is passed or not; None for one with partial credit."""
    if not column.points or not column.maximum or not set(column.points) <= {0.0, column.maximum}:
        return None
    return wilson(_full(column), len(column.points))


def _full(column: Column) -> int:
    return sum(points >= column.maximum for points in column.points)


def _described(column: Column, difficulty: Estimate | None) -> ItemFigures:
    """Return what is known of an item whatever the number of candidates."""
    return ItemFigures(
        name=column.name, group=column.group, visibility=column.visibility, points=column.maximum,
        candidates=len(column.points), full=_full(column), difficulty=difficulty,
    )  # fmt: skip


def _findings(column: Column, difficulty: Estimate | None, discrimination: Estimate | None) -> tuple[Finding, ...]:
    found = []
    if difficulty is not None and difficulty.high < HARD:
        found.append(Finding.HARD if any(column.points) else Finding.NOBODY)
    if difficulty is not None and difficulty.low > EASY:
        found.append(Finding.EASY)
    if discrimination is not None and discrimination.high < WEAK:
        found.append(Finding.NEGATIVE if discrimination.high < 0 else Finding.WEAK)
    return tuple(found)


class _Sample:
    """The points of a cohort that is large enough, and of its resamples."""

    def __init__(self, columns: Sequence[Column]) -> None:
        points = np.array([column.points for column in columns], dtype=np.float64).T
        self._most = sum(column.maximum for column in columns)
        self._own = moments(points, [np.ones((1, len(points)))])
        self._drawn = moments(points, resamples(len(points)))

    def item(self, index: int, column: Column) -> ItemFigures:
        """Return what is known of one item."""
        difficulty, discrimination = _share(column) or self._mean(index, column), self._discrimination(index, column)
        alone = discrimination is None or self._own.telling < 3
        more = {
            "discrimination": discrimination,
            "alpha_without": None if alone else float(self._own.alphas_without()[0, index]),
            "seconds": median(column.seconds),
            "findings": _findings(column, difficulty, discrimination),
        }
        return _described(column, difficulty).model_copy(update=more)

    def _discrimination(self, index: int, column: Column) -> Estimate | None:
        rarer = min(sum(map(bool, column.points)), len(column.points) - _full(column))
        if rarer < FEW:
            return None
        return between(float(self._own.correlations()[0, index]), self._drawn.correlations()[:, index])

    def _mean(self, index: int, column: Column) -> Estimate | None:
        if not column.maximum:
            return None
        return between(float(self._own.means[0, index] / column.maximum), self._drawn.means[:, index] / column.maximum)

    def total(self) -> Estimate | None:
        """Return the mean share of all points."""
        if not self._most:
            return None
        return between(float(self._own.means.sum() / self._most), self._drawn.means.sum(axis=1) / self._most)

    def alpha(self) -> Estimate | None:
        """Return Cronbach's alpha."""
        return between(float(self._own.alphas()[0]), self._drawn.alphas())

    def error(self) -> Estimate | None:
        """Return the standard error of measurement, in points."""
        return between(float(self._own.errors()[0]), self._drawn.errors())
