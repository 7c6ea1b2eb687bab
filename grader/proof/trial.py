"""The proof of one question: every exhibit is graded like a submission, and must fare as its folder says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pydantic import Field

from grader.exam.supervisor import WarmExam
from grader.grading import grade
from grader.proof.expectation import Role, exhibits, fault_of
from grader.question import Frozen
from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.proof.expectation import Exhibit
    from grader.question import Question
    from grader.verdict import Level, Verdict

MINIMUM_WRONG = 4
MINIMUM_CORRECT = 1


class Sight(Frozen):
    """How one exhibit fared."""

    name: str
    role: str
    status: str
    points: float
    failing: tuple[str, ...]
    """Checks it did not pass, with their outcome."""
    seconds: float


class Proof(Frozen):
    """Whether a question is sound, and why not."""

    id: str
    proven: bool
    faults: tuple[str, ...]
    mutants: dict[str, int] = Field(default_factory=dict)
    """Counts of killed, alive and equivalent mutants; empty where none were made."""
    exhibits: tuple[Sight, ...]
    seconds: float


def try_question(
    question: Question,
    *,
    seed: int | None = None,
    isolation: Level | None = None,
    on_exhibit: Callable[[Exhibit], None] = lambda _exhibit: None,
) -> Proof:
    """Grade everything we wrote for a question and compare with what the folders say."""
    started = time.monotonic()
    faults, sights = list(_thin(question)), []
    with WarmExam(question, isolation) as exam:
        for exhibit in exhibits(question):
            on_exhibit(exhibit)
            verdict = grade(question, exhibit.path, seed=seed, exam=exam)
            sights.append(_sight(exhibit, verdict))
            fault = fault_of(exhibit, verdict)
            faults += [fault] if fault else []
    return Proof(
        id=question.qualified_id,
        proven=not faults,
        faults=tuple(faults),
        exhibits=tuple(sights),
        seconds=round(time.monotonic() - started, 2),
    )


def _thin(question: Question) -> list[str]:
    """Return what is missing before anything is run."""
    roles = [exhibit.role for exhibit in exhibits(question)]
    faults = []
    if roles.count(Role.CORRECT) < MINIMUM_CORRECT:
        faults.append("there is no correct/ solution besides the reference")
    if roles.count(Role.WRONG) < MINIMUM_WRONG:
        faults.append(f"there are {roles.count(Role.WRONG)} wrong/ solutions, and {MINIMUM_WRONG} are asked for")
    return faults


def _sight(exhibit: Exhibit, verdict: Verdict) -> Sight:
    failing = tuple(
        f"{check.name}: {check.outcome.value}" for check in verdict.checks if check.outcome is not Outcome.PASSED
    )
    return Sight(
        name=exhibit.name,
        role=exhibit.role.value,
        status=verdict.status.value,
        points=verdict.points,
        failing=failing,
        seconds=verdict.seconds,
    )
