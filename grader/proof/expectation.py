"""Our own solutions, and what the folder of each says must become of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from grader.bank import KINDS, solutions, starter
from grader.verdict import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from grader.question import Question


class Role(StrEnum):
    """Why we wrote a solution."""

    REFERENCE = "reference"
    CORRECT = "correct"
    WRONG = "wrong"
    SLOW = "slow"
    FORBIDDEN = "forbidden"
    STARTER = "starter"


RIGHT = frozenset({Role.REFERENCE, Role.CORRECT})
"""What must be accepted."""
TOO_MUCH = (Outcome.SLOW, Outcome.HEAVY)
"""What becomes of a right solution in a performance check that it does not pass."""


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
    found = [Exhibit(Role.REFERENCE, question.reference), Exhibit(Role.STARTER, starter(question))]
    return (*found, *(Exhibit(Role(kind), path) for kind in KINDS for path in solutions(question, kind)))
