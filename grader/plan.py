"""Question and submission make a plan: which checks, under which seed, at which isolation. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.policy import Violation
    from grader.question import Check, Question, Visibility
    from grader.submission import Submission
    from grader.verdict import Level


@dataclass(frozen=True)
class Plan:
    """Everything an examiner needs to know about one grading."""

    question: Question
    submission: Submission
    seed: int
    """Of this grading; every check's own seed is derived from it and the check's name, the same for all submissions."""
    checks: tuple[Check, ...]
    """In the order in which they are run."""
    violations: tuple[Violation, ...] = ()
    """What the submission uses although the question forbids it; if anything, nothing is run."""
    level: Level | None = None
    """Isolation that is demanded; None takes the strongest that can be had."""
    max_failures: int | None = None
    """Stop after so many checks that did not pass."""
    mirror: Submission | None = None
    """Another submission that gets every request too; a check in which the two answer differently fails."""
    trace: bool = False
    """Run the checks on the reference, in the examiner's own process, and measure which of its branches they run."""
    replays: bool = False
    """Take a check as passed where the submission answers all that it asked one which passed before, bit for bit."""
    survey: bool = False
    """Tell what was imported by the end, on either side, for whoever wants to import it in advance."""

    @property
    def visibilities(self) -> tuple[Visibility, ...]:
        """The suites that are needed."""
        return tuple(dict.fromkeys(check.visibility for check in self.checks))


def make_plan(
    question: Question,
    submission: Submission,
    *,
    seed: int,
    violations: tuple[Violation, ...] = (),
    only: Visibility | None = None,
    level: Level | None = None,
) -> Plan:
    """Plan all checks of a question, or those of one suite."""
    checks = tuple(check for check in question.checks if only in {None, check.visibility})
    return Plan(question, submission, seed, checks, violations, level)
