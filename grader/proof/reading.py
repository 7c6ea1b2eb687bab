"""What can be told of a question before anything of it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.errors import SubmissionError
from grader.proof import right, wrong
from grader.proof.expectation import RIGHT, Role, exhibits
from grader.proof.leak import leak_faults
from grader.proof.statement import statement_faults
from grader.submission import read_submission

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.question import Question

MINIMUM_WRONG = 4
MINIMUM_CORRECT = 1


def reading_faults(question: Question) -> Iterator[str]:
    """Yield what is missing, what the statement leaves out, and what leaks; each fault begins with its gate."""
    yield from _thin(question)
    yield from (f"statement: {fault}" for fault in statement_faults(question))
    yield from (f"leak: {fault}" for fault in leak_faults(question))


def unreadable_faults(question: Question) -> list[str]:
    """Return a fault for each of our own solutions that is no Python, or otherwise no submission."""
    faults = []
    for exhibit in exhibits(question):
        try:
            read_submission(exhibit.path, question.spec)
        except SubmissionError as error:
            gate = right.GATE if exhibit.role in RIGHT else wrong.GATE
            faults.append(f"{gate}: {exhibit.name} cannot be read: {error}")
    return faults


def _thin(question: Question) -> Iterator[str]:
    roles = [exhibit.role for exhibit in exhibits(question)]
    if roles.count(Role.CORRECT) < MINIMUM_CORRECT:
        yield "right: there is no correct/ solution besides the reference"
    if roles.count(Role.WRONG) < MINIMUM_WRONG:
        yield f"wrong: there are {roles.count(Role.WRONG)} wrong/ solutions, and {MINIMUM_WRONG} are asked for"
