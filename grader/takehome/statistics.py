"""The figures of a cohort: each question by its checks, each form by its questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.intervals import ENOUGH, LEVEL
from grader.question import Frozen
from grader.report.tables import csv_table
from grader.takehome.cohort import check_columns, check_seconds, form_columns, variants_of
from grader.takehome.items import Figures, analyse
from grader.takehome.siblings import compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grader.gradebook import Grade
    from grader.intervals import Estimate
    from grader.takehome.cohort import Cohort
    from grader.takehome.items import ItemFigures


class Statistics(Frozen):
    """What `grade stats` says. Its dump is the JSON report, format 1."""

    format: Literal[1] = 1
    level: float = LEVEL
    """Of every interval."""
    enough: int = ENOUGH
    """Below so many candidates there is only a difficulty."""
    missing: int
    """Submissions without a verdict yet."""
    questions: tuple[Figures, ...]
    """The items are checks."""
    forms: tuple[Figures, ...]
    """The items are questions."""
    variants: tuple[Figures, ...] = ()
    """The items are variants of one question."""


def statistics_of(cohort: Cohort) -> Statistics:
    """Return everything that a cohort's verdicts say of questions and checks."""
    return Statistics(
        missing=cohort.missing,
        questions=tuple(
            analyse(sheet.question, check_columns(sheet), check_seconds(sheet)) for sheet in cohort.book.sheets
        ),
        forms=tuple(analyse(name, columns) for name, columns in form_columns(cohort.book)),
        variants=tuple(_compared(origin, found) for origin, found in variants_of(cohort.book).items()),
    )


def _compared(origin: str, found: Mapping[str, Sequence[Grade]]) -> Figures:
    answers = {name: [(grade.share, grade.verdict.seconds) for grade in grades] for name, grades in found.items()}
    return compare(origin, answers, max(grade.verdict.max_points for grades in found.values() for grade in grades))


_ESTIMATES = ("difficulty", "discrimination", "seconds", "gap")
_HEAD = (
    "of", "item", "visibility", "points", "candidates", "full",
    *(f"{figure}{end}" for figure in _ESTIMATES for end in ("", "_low", "_high")),
    "alpha_without", "findings",
)  # fmt: skip


def as_csv(statistics: Statistics) -> str:
    """Return a row for each item; what is not known is an empty cell."""
    every = (*statistics.questions, *statistics.forms, *statistics.variants)
    return csv_table(_HEAD, (_row(figures.name, item) for figures in every for item in figures.items))


def _row(name: str, item: ItemFigures) -> list[str | float]:
    return [
        name, item.name, item.visibility, item.points, item.candidates, item.full,
        *(cell for figure in _ESTIMATES for cell in _cells(getattr(item, figure))),
        "" if item.alpha_without is None else item.alpha_without,
        " ".join(finding.value for finding in item.findings),
    ]  # fmt: skip


def _cells(estimate: Estimate | None) -> Iterator[str | float]:
    yield from ("", "", "") if estimate is None else (estimate.value, estimate.low, estimate.high)
