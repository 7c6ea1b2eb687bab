"""A reference that is foreign: it answers from a guest of its own, never from the examiner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.exam.candidate import Candidate
from grader.exam.solution import OURS, CheckEnded, SuiteFaultError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.exam.solution import Solution


class Outsider(Candidate):
    """Holds a foreign reference; what goes wrong there never counts against the submission."""

    def ask(self, operation: str, arguments: Sequence[object], stand_in: Solution | None) -> tuple[str, Any]:
        """Make one request of its guest.

        Raises:
            SuiteFaultError: the guest ended, or cannot be loaded.
        """
        try:
            status, value = super().ask(operation, arguments, stand_in)
        except CheckEnded as end:
            raise SuiteFaultError(f"the foreign reference {end.reason}") from None
        return (OURS if status == "raise" else status), value
