"""Two verdicts on one submission, side by side: what differs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.verdict import CheckResult, Outcome, Status, Verdict


@dataclass(frozen=True)
class CheckChange:
    """A check with another outcome or other points; None where the check is new, or gone."""

    name: str
    before: Outcome | None
    after: Outcome | None
    points_before: float
    points_after: float


@dataclass(frozen=True)
class Change:
    """What became of one candidate's verdict."""

    candidate: str
    question: str
    status_before: Status
    status_after: Status
    points_before: float
    points_after: float
    max_points_before: float
    max_points_after: float
    checks: tuple[CheckChange, ...]

    @property
    def marks(self) -> bool:
        """Whether anything differs that a candidate would notice: status, points, or a check."""
        before = (self.status_before, self.points_before, self.max_points_before)
        return before != (self.status_after, self.points_after, self.max_points_after) or bool(self.checks)


def compare(candidate: str, before: Verdict, after: Verdict) -> Change:
    """Say what differs between two verdicts on the same submission."""
    return Change(
        candidate=candidate,
        question=after.question,
        status_before=before.status,
        status_after=after.status,
        points_before=before.points,
        points_after=after.points,
        max_points_before=before.max_points,
        max_points_after=after.max_points,
        checks=tuple(_changed(before, after)),
    )


def _changed(before: Verdict, after: Verdict) -> Iterator[CheckChange]:
    old, new = _by_name(before), _by_name(after)
    for key in [*new, *(key for key in old if key not in new)]:
        then, now = old.get(key), new.get(key)
        change = CheckChange(
            name=key[1],
            before=then.outcome if then else None,
            after=now.outcome if now else None,
            points_before=then.points if then else 0.0,
            points_after=now.points if now else 0.0,
        )
        if (change.before, change.points_before) != (change.after, change.points_after):
            yield change


def _by_name(verdict: Verdict) -> dict[tuple[str, str], CheckResult]:
    return {(check.visibility.value, check.name): check for check in verdict.checks}
