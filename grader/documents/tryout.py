"""Whether published code runs: an item's Python is parsed here, and run in a guest as it stands."""

from __future__ import annotations

import importlib.util
import time
from typing import TYPE_CHECKING, Self

from grader.documents.item import Tryout
from grader.exam.candidate import Candidate, Source
from grader.exam.solution import CheckEnded
from grader.exam.templates import Templates
from grader.question import Limits
from grader.report.untrusted import neutral
from grader.submission import PARSED_HERE, Unit
from grader.trees import packages_in, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from grader.documents.item import Code, Item
    from grader.sandbox.host import Template
    from grader.verdict import Level

LIMITS = Limits(wall=60.0, check=60.0, cpu=30.0)
WARM = ("numpy", "torch", "transformers")
"""Packages worth importing once for all guests, where they are installed."""
MAX_OUTPUT = 1000


class Bench:
    """Where sample answers are tried: a guest for each, from a template that has imported what they need."""

    def __init__(self, level: Level | None = None, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._templates = Templates(level)

    def try_item(self, item: Item) -> Tryout | None:
        """Run the Python of an item, all its blocks in one namespace; None where it has none.

        Raises:
            IsolationError: the isolation that is demanded cannot be had.
        """
        blocks = [code for code in item.code if code.language == "python"]
        if not blocks:
            return None
        packages: set[str] = set()
        for block in blocks:
            if len(block.source) > PARSED_HERE:
                return Tryout(outcome="no-python", message="it is too long to be parsed", line=block.line)
            try:
                packages.update(packages_in(parse(block.source)))
            except SyntaxError as error:
                line = block.line + (error.lineno or 1)
                return Tryout(outcome="no-python", message=f"SyntaxError: {error.msg}", line=line)
            except (ValueError, RecursionError, MemoryError) as error:
                return Tryout(outcome="no-python", message=f"it cannot be parsed: {error}", line=block.line)
        return self._run(blocks, packages)

    def _run(self, blocks: Sequence[Code], packages: set[str]) -> Tryout:
        units = tuple(Unit(f"block {number}", block.source) for number, block in enumerate(blocks, start=1))
        candidate = Candidate(
            self._template(tuple(sorted(packages.intersection(WARM)))), Source(units, (), ()), self._limits
        )
        started = time.monotonic()
        try:
            candidate.begin(0)
            candidate.open()
            outcome, message, line = _told(candidate, blocks, packages)
        except CheckEnded as end:
            outcome, message, line = end.outcome.value, end.reason, None
        finally:
            candidate.close()
        seconds = round(time.monotonic() - started, 2)
        output = neutral(candidate.output[:MAX_OUTPUT])
        return Tryout(outcome=outcome, message=neutral(message)[:400], line=line, output=output, seconds=seconds)

    def _template(self, packages: tuple[str, ...]) -> Template:
        return self._templates.of(tuple(name for name in packages if importlib.util.find_spec(name) is not None))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._templates.close()


def _told(candidate: Candidate, blocks: Sequence[Code], packages: Collection[str]) -> tuple[str, str, int | None]:
    """Return how loading ended: outcome, message, and the line of the document."""
    failure = candidate.loaded.failure if candidate.loaded else None
    if failure is None:
        return "ran", "", None
    places = {f"block {number}": block.line for number, block in enumerate(blocks, start=1)}
    lines = [places[step.file] + step.line for step in failure.traceback if step.file in places]
    line = lines[-1] if lines else None
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if failure.name == "ModuleNotFoundError" and missing:
        return "missing", f"{' and '.join(sorted(missing))} is not installed", line
    return "raised", failure.text, line
