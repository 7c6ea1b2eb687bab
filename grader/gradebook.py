"""Many verdicts side by side: who reached what, and what the checks say of themselves. Pure."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from grader.verdict import CheckResult, Outcome, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from grader.question import Text, Visibility

UNMARKED = frozenset({Status.PROVISIONAL, Status.BROKEN, Status.UNGRADED})
"""What no mark stands behind: the candidate answered, and nobody looked, or somebody still has to."""
BINS = 10


@dataclass(frozen=True)
class Grade:
    """One candidate's verdict on one question."""

    candidate: str
    verdict: Verdict
    path: str = ""
    """Where the submission lies, relative to what was handed to the batch."""
    twin_of: str | None = None
    """The candidate whose submission has the same content, and was graded for both."""

    @property
    def share(self) -> float:
        """Points reached, from 0 to 1."""
        return self.verdict.points / self.verdict.max_points if self.verdict.max_points else 0.0

    @property
    def marked(self) -> bool:
        """Whether the points are a mark."""
        return self.verdict.status not in UNMARKED

    @property
    def graded(self) -> bool:
        """Whether there is a verdict on it, be it one that waits for a person."""
        return self.marked or self.verdict.status is Status.PROVISIONAL


@dataclass(frozen=True)
class Item:
    """How candidates fared at one check."""

    name: str
    group: Text
    visibility: Visibility
    max_points: float
    passed: int
    graded: int
    """Of so many whose submissions could be run."""

    @property
    def difficulty(self) -> float | None:
        """Share of the graded that passed (classical item difficulty, 1 is easiest); None where nobody was."""
        return self.passed / self.graded if self.graded else None


@dataclass(frozen=True)
class Sheet:
    """All grades of one question, in the order of the candidates' names."""

    question: str
    grades: tuple[Grade, ...]

    @property
    def title(self) -> Text:
        """Of the question."""
        return self.grades[0].verdict.title

    @property
    def marked(self) -> tuple[Grade, ...]:
        """Those with a mark."""
        return tuple(grade for grade in self.grades if grade.marked)

    @property
    def unmarked(self) -> tuple[Grade, ...]:
        """Those nobody could look at, or somebody still has to: a fault of ours, a missing device, a doubt."""
        return tuple(grade for grade in self.grades if not grade.marked)

    @property
    def mean(self) -> float | None:
        """Mean share of the points, from 0 to 1; None where there is no mark."""
        return statistics.fmean(grade.share for grade in self.marked) if self.marked else None

    @property
    def median(self) -> float | None:
        """Median share of the points, from 0 to 1; None where there is no mark."""
        return statistics.median(grade.share for grade in self.marked) if self.marked else None

    @property
    def histogram(self) -> tuple[int, ...]:
        """Number of marks in each tenth of the points, full marks in the last."""
        counts = [0] * BINS
        for grade in self.marked:
            counts[min(int(grade.share * BINS), BINS - 1)] += 1
        return tuple(counts)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Every check, in the order of running."""
        seen: dict[tuple[Visibility, str], list[Outcome]] = {}
        first: dict[tuple[Visibility, str], CheckResult] = {}
        for grade in self.marked:
            for check in () if grade.verdict.status is Status.INVALID else grade.verdict.checks:
                key = (check.visibility, check.name)
                first.setdefault(key, check)
                seen.setdefault(key, []).append(check.outcome)
        return tuple(
            Item(
                check.name, check.group, check.visibility, check.max_points,
                sum(outcome is Outcome.PASSED for outcome in seen[key]), len(seen[key]),
            )
            for key, check in first.items()
        )  # fmt: skip

    @property
    def passed_by_nobody(self) -> tuple[Item, ...]:
        """Checks that say nothing of the candidates, and perhaps something of the suite."""
        return tuple(item for item in self.items if item.passed == 0)

    @property
    def passed_by_everybody(self) -> tuple[Item, ...]:
        """Checks that tell nobody apart."""
        return tuple(item for item in self.items if item.passed == item.graded)

    def slowest(self, count: int = 5) -> tuple[Grade, ...]:
        """Return the grades that took longest, slowest first; a twin took no time."""
        own = (grade for grade in self.grades if grade.twin_of is None)
        return tuple(sorted(own, key=lambda grade: -grade.verdict.seconds)[:count])


@dataclass(frozen=True)
class Gradebook:
    """All grades of a batch."""

    grades: tuple[Grade, ...]

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """One for each question, by its id."""
        return tuple(Sheet(question, grades) for question, grades in _grouped(self.grades))

    @property
    def candidates(self) -> tuple[str, ...]:
        """Everybody who handed something in, sorted."""
        return tuple(sorted({grade.candidate for grade in self.grades}))


def _grouped(grades: Iterable[Grade]) -> Iterator[tuple[str, tuple[Grade, ...]]]:
    by_question: dict[str, list[Grade]] = {}
    for grade in sorted(grades, key=lambda grade: grade.candidate):
        by_question.setdefault(grade.verdict.question, []).append(grade)
    for question in sorted(by_question):
        yield question, tuple(by_question[question])
