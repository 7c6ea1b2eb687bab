"""What the folder of a solution says must become of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from grader.question import Visibility
from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from pathlib import Path

    from grader.question import Question
    from grader.verdict import Verdict


class Role(StrEnum):
    """Why we wrote a solution."""

    REFERENCE = "reference"
    CORRECT = "correct"
    WRONG = "wrong"
    SLOW = "slow"
    FORBIDDEN = "forbidden"
    STARTER = "starter"


@dataclass(frozen=True)
class Exhibit:
    """One of our own solutions, and what it is for."""

    role: Role
    path: Path

    @property
    def name(self) -> str:
        """As in `wrong/no_detach.py`."""
        return self.path.name if self.role in {Role.REFERENCE, Role.STARTER} else f"{self.role.value}/{self.path.name}"


def exhibits(question: Question) -> tuple[Exhibit, ...]:
    """Return everything a question can be tried on, the reference first."""
    found = [Exhibit(Role.REFERENCE, question.reference), Exhibit(Role.STARTER, question.folder / "starter.py")]
    for role in (Role.CORRECT, Role.WRONG, Role.SLOW, Role.FORBIDDEN):
        found += [Exhibit(role, path) for path in sorted((question.solutions / role.value).glob("*.py"))]
    return tuple(found)


def fault_of(exhibit: Exhibit, verdict: Verdict) -> str:
    """Return how a verdict contradicts the role of the solution, or an empty string."""
    if verdict.status in {Status.BROKEN, Status.UNGRADED}:
        return f"{exhibit.name}: {verdict.status.value}: {verdict.message}"
    if exhibit.role in {Role.REFERENCE, Role.CORRECT}:
        return _expect_accepted(exhibit, verdict)
    if verdict.status is Status.ACCEPTED:
        return f"{exhibit.name} is accepted, though its folder says it must not be"
    expected = {Role.SLOW: Outcome.SLOW, Role.FORBIDDEN: Outcome.FORBIDDEN}.get(exhibit.role)
    return _expect_only(exhibit, verdict, expected) if expected else _expect_hidden_failure(exhibit, verdict)


def _expect_accepted(exhibit: Exhibit, verdict: Verdict) -> str:
    failing = [check for check in verdict.checks if check.outcome is not Outcome.PASSED]
    if not failing:
        return ""
    first = failing[0]
    return (
        f"{exhibit.name} must pass, but {first.name} {first.outcome.sentence}: {first.message} (--seed {verdict.seed})"
    )


def _expect_only(exhibit: Exhibit, verdict: Verdict, expected: Outcome) -> str:
    """A slow or forbidden solution is right in everything else."""
    outcomes = {check.outcome for check in verdict.checks}
    if expected not in outcomes:
        return f"{exhibit.name} must be found {expected.value}, but is not"
    others = outcomes - {expected, Outcome.PASSED}
    return f"{exhibit.name} must be only {expected.value}, but is also {min(others).value}" if others else ""


def _expect_hidden_failure(exhibit: Exhibit, verdict: Verdict) -> str:
    if verdict.status is Status.INVALID:
        return f"{exhibit.name}: {verdict.message}" if exhibit.role is Role.WRONG else ""
    killed = any(
        check.visibility is Visibility.HIDDEN and check.outcome not in {Outcome.PASSED, Outcome.NOT_RUN}
        for check in verdict.checks
    )
    return "" if killed else f"{exhibit.name} fails no hidden check"
