"""Two submissions asked the same, request by request: if they never answer differently, no check tells them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.exam.candidate import Candidate, Source
from grader.exam.solution import CheckEnded, Handle
from grader.sandbox import wire
from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.exam.solution import Solution
    from grader.question import Limits
    from grader.sandbox.host import Template

DIFFERENCE = "the answers differ"
"""With this the message of a check begins that found a difference."""


class Mirror(Candidate):
    """A candidate whose every request also goes to another one; the first answer that differs fails the check."""

    def __init__(self, template: Template, source: Source, other: Source, limits: Limits) -> None:
        super().__init__(template, source, limits)
        self._other = Candidate(template, other, limits, speaks_for=self)

    def begin(self, seed: int, *, allowed: float | None = None) -> None:
        """Begin a check on both sides, with the same seed."""
        super().begin(seed, allowed=allowed)
        self._other.begin(seed, allowed=allowed)

    def ask(self, operation: str, arguments: Sequence[object], stand_in: Solution | None) -> tuple[str, Any]:
        """Make one request of both.

        Raises:
            CheckEnded: they answered differently, or one of them ended.
        """
        status, value = super().ask(operation, arguments, stand_in)
        other_status, other = self._other.ask(operation, arguments, None)
        if status != other_status or _image(status, value) != _image(status, other):
            raise CheckEnded(Outcome.FAILED, f"{DIFFERENCE}: {operation}")
        return status, value

    def forget(self, number: int) -> None:
        """Let both forget an object."""
        super().forget(number)
        self._other.forget(number)

    def close(self) -> None:
        """End both."""
        super().close()
        self._other.close()


def _image(status: str, value: Any) -> object:
    """Return what of an answer counts: every bit of a value, but of an exception its class alone."""
    if status != "ok" and isinstance(value, dict):
        return value.get("types"), value.get("name")
    return wire.encode(value, fallback=_reference_of)


def _reference_of(value: object) -> wire.HandleRef:
    if isinstance(value, Handle):
        return value._ref
    raise wire.WireError(f"a {type(value).__name__} was no answer")
