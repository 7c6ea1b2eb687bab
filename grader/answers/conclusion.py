"""What the checks of an answer in words come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.verdict import CheckResult


@dataclass(frozen=True)
class Conclusion:
    """Status and points; of what waits, those points count that the rules gave."""

    status: Status
    points: float
    message: str


def conclude(checks: Sequence[CheckResult]) -> Conclusion:
    """Sum up: provisional as long as one check waits for a person."""
    points = sum(check.points for check in checks)
    waiting = sum(check.outcome is Outcome.UNDECIDED for check in checks)
    if waiting:
        return Conclusion(Status.PROVISIONAL, points, f"{waiting} of {len(checks)} key points wait for a person")
    if all(check.outcome is Outcome.PASSED for check in checks):
        return Conclusion(Status.ACCEPTED, points, "")
    return Conclusion(Status.PARTIAL if points else Status.REJECTED, points, "")
