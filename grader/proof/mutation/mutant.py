"""One mistake, made on purpose."""

from __future__ import annotations

import difflib
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A reference with one mistake in it."""

    operator: str
    """The kind of mistake, as in `drop-detach`."""
    line: int
    """Where it was made, in the reference."""
    source: str
    """The whole file, mistake included."""
    before: str
    """What stood there, in one line."""
    after: str
    """What stands there now; empty where something was left out."""
    number: int = 1
    """Counts the mistakes of one kind in one line."""

    @property
    def name(self) -> str:
        """As in `drop-detach@31`, or `drop-detach@31.2` for the second of that kind in that line."""
        return f"{self.operator}@{self.line}" + (f".{self.number}" if self.number > 1 else "")

    def diff(self, original: str, file: str) -> str:
        """Return the mistake as a unified diff of the reference, under the name of its file."""
        lines = difflib.unified_diff(
            original.splitlines(), self.source.splitlines(), file, f"{file} ({self.name})", n=1, lineterm=""
        )
        return "\n".join(lines)
