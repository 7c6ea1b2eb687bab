"""What a submission used, beside what it may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.report.wording import seconds, size

if TYPE_CHECKING:
    from grader.verdict import Usage

_LITTLE = 0.7


@dataclass(frozen=True)
class Amount:
    """How much of one limit was used."""

    label: str
    """A phrase of the table of words."""
    share: float
    used: str
    limit: str

    @property
    def level(self) -> str:
        """`good`, `fair` near the limit, `bad` at it."""
        return "good" if self.share < _LITTLE else "fair" if self.share < 1 else "bad"


def amounts(usage: Usage) -> tuple[Amount, ...]:
    """Return what was used of each limit that there is."""
    rows = (
        ("time", usage.wall, usage.wall_limit, seconds),
        ("CPU", usage.cpu, usage.cpu_limit, seconds),
        ("memory", usage.memory, usage.memory_limit, size),
    )
    return tuple(
        Amount(label, used / limit, write(used), write(limit)) for label, used, limit, write in rows if limit > 0
    )
