"""What an examiner says last; apart from pytest, so that the supervisor need not import it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.verdict import Coverage, Isolation, PerformanceResult, Usage


@dataclass(frozen=True)
class Closing:
    """The examiner's last words: what is known only at the end."""

    isolation: Isolation
    usage: Usage
    performance: tuple[PerformanceResult, ...]
    output: str
    notes: tuple[str, ...]
    versions: dict[str, str]
    undefined: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    coverage: Coverage | None = None
    broken: str = ""
    modules: tuple[str, ...] = ()
    """What the examiner imported while it ran, where the plan asks for it."""
    guest_modules: tuple[str, ...] = ()
    """What its guest has imported, where the plan asks for it."""
    probes: tuple[tuple[str, str], ...] = ()
    """The suites' functions that were sent to the guest, by module and name."""
    free: bool = False
    """Whether the examiner ran no check, and so takes another submission."""
