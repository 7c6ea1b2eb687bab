"""When an answer counts: the time of its receipt decides, never a time that the candidate's machine wrote.

All sums are made in UTC: an hour is an hour, also in the night in which clocks are changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from grader.takehome.assessment import Accommodation, LateRule

if TYPE_CHECKING:
    from grader.takehome.assessment import Assessment, Late


class Standing(StrEnum):
    """How a receipt stands to its deadline."""

    EARLY = "early"
    """Before the window opened."""
    ON_TIME = "on-time"
    GRACE = "grace"
    """After the deadline, and forgiven."""
    LATE = "late"
    REFUSED = "refused"


@dataclass(frozen=True)
class Deadline:
    """One candidate's moments, in UTC."""

    opens: datetime
    due: datetime
    forgiven: datetime
    """The end of the grace."""

    @classmethod
    def of(cls, opens: datetime, closes: datetime, begun: datetime, duration: timedelta, grace: timedelta) -> Deadline:
        """Return the moments of a window and of the time within it; all in UTC."""
        due = min(max(begun, opens) + duration, closes)
        return cls(opens, due, due + grace)


@dataclass(frozen=True)
class Receipt:
    """What becomes of an answer that was received."""

    standing: Standing
    part: float
    """Of the points that counts, from 0 to 1."""


NOTHING_GRANTED = Accommodation()


def deadline(assessment: Assessment, begun: datetime, granted: Accommodation = NOTHING_GRANTED) -> Deadline:
    """Return a candidate's deadline: the end of the duration or of the window, whichever comes first.

    Args:
        assessment: with its window, duration and grace.
        begun: when the candidate began, with its offset from UTC; before the window, the duration begins with it.
        granted: what this candidate has beyond the others.
    """
    opens, closes = (moment.astimezone(UTC) for moment in (assessment.window.opens, assessment.window.closes))
    duration = assessment.duration * granted.factor
    return Deadline.of(opens, closes + granted.extension, begun.astimezone(UTC), duration, assessment.grace)


def receive(late: Late, limits: Deadline, received: datetime) -> Receipt:
    """Return how an answer stands that was received at a moment.

    A moment that is a limit itself is still within it. What is late is counted from the deadline, not from the end of
    the grace.
    """
    moment = received.astimezone(UTC)
    if moment < limits.opens:
        return Receipt(Standing.EARLY, 0.0)
    if moment <= limits.forgiven:
        return Receipt(Standing.ON_TIME if moment <= limits.due else Standing.GRACE, 1.0)
    delay = moment - limits.due
    if late.rule is LateRule.REFUSE or (late.until is not None and delay > late.until):
        return Receipt(Standing.REFUSED, 0.0)
    return Receipt(Standing.LATE, _part(late, delay))


def _part(late: Late, delay: timedelta) -> float:
    """Return what is left of the points after a delay."""
    if late.percent is None or late.each is None:
        return 1.0
    begun = math.ceil(delay / late.each)
    return max(1.0 - begun * late.percent / 100, 0.0)
