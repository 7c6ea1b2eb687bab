"""Templates for programs that belong to no question, one for each set of packages, started when first asked for."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from grader.exam.desk import at_strongest, warm_template
from grader.sandbox.host import Wants

if TYPE_CHECKING:
    from grader.sandbox.host import Template
    from grader.verdict import Level


class Templates:
    """Warm templates by the packages they have imported; closed together."""

    def __init__(self, level: Level | None = None) -> None:
        """Start none yet; `level` is the isolation that is demanded, by default the strongest that can be had."""
        self._level = level
        self._warm: dict[tuple[str, ...], Template] = {}
        self._undo = ExitStack()

    def of(self, packages: tuple[str, ...]) -> Template:
        """Return the template with these packages.

        Raises:
            IsolationError: the isolation that is demanded cannot be had.
            BrokenError: a package cannot be imported.
        """
        if packages not in self._warm:
            self._warm[packages], _ = at_strongest(
                self._level, lambda level: warm_template(Wants(packages, level=level))
            )
            self._undo.callback(self._warm[packages].close)
        return self._warm[packages]

    def close(self) -> None:
        """End them, and with them every guest."""
        self._undo.close()
