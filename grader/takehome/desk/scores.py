"""What candidates reached: each question by what it counts, and beside it what is taken off for being late."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.takehome.desk.register import counting
from grader.verdict import Status, Verdict

if TYPE_CHECKING:
    from grader.takehome.desk.register import Invited, Register
    from grader.takehome.desk.tables import GradingRow, ReceiptRow
    from grader.takehome.invitation import Asked


@dataclass(frozen=True)
class Scored:
    """One question of an invitation."""

    asked: Asked
    grading: GradingRow | None
    """None where it has no verdict."""
    answered: bool
    received: bool = True
    """Whether anything was received that counts; who has sent nothing may be working still."""

    @property
    def points(self) -> float | None:
        """Reached, of those that the question counts; 0 for no answer, None where nothing is final yet."""
        if self.grading is None:
            return None if self.answered or not self.received else 0.0
        if self.grading.status == Status.PROVISIONAL:
            return None
        share = self.grading.points / self.grading.max_points if self.grading.max_points else 0.0
        return share * self.asked.points

    @property
    def verdict(self) -> Verdict | None:
        """The whole of it."""
        return Verdict.model_validate_json(self.grading.verdict) if self.grading else None


@dataclass(frozen=True)
class Score:
    """One invitation."""

    invited: Invited
    receipt: ReceiptRow | None
    """The one that counts; None where nothing was received, or nothing in time."""
    questions: tuple[Scored, ...]

    @property
    def maximum(self) -> float:
        """Points there are."""
        return sum(each.asked.points for each in self.questions)

    @property
    def reached(self) -> float | None:
        """Points of all questions; None while one of them has no verdict, or nothing was received."""
        points = [each.points for each in self.questions]
        return None if None in points else sum(each for each in points if each is not None)

    @property
    def part(self) -> float:
        """What is left of them for being late."""
        return self.receipt.part if self.receipt else 0.0

    @property
    def total(self) -> float | None:
        """What counts."""
        return None if self.reached is None else self.reached * self.part


def score_of(register: Register, invited: Invited) -> Score:
    """Return what one invitation came to."""
    receipt = counting(register.receipts(invited))
    gradings = register.gradings(receipt) if receipt else {}
    answered = set(json.loads(receipt.answered)) if receipt else set()
    return Score(
        invited,
        receipt,
        tuple(
            Scored(each, gradings.get(each.position), each.folder in answered, receipt is not None)
            for each in invited.terms.asked
        ),
    )


def scores_of(register: Register) -> list[Score]:
    """Return what every invitation came to, by candidate and attempt."""
    return [score_of(register, invited) for invited in register.invited()]
