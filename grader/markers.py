"""Marked values: where a question's files hold a value that its variants change.

    LENGTH = 16  # variant: length
    the first <!--variant: length-->16<!--/--> hexadecimal digits

In Python an assignment on one line is marked, in Markdown whatever stands between the two comments. What follows the
colon is a formula over the parameters (`grader.expressions`). Marks are for authors: what a candidate reads has none.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.expressions import FormulaError, evaluate
from grader.files import files_below

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from grader.expressions import Value

_MARKS = {
    ".py": re.compile(
        r"^(?P<before>[^#\n]*?=[ ]*) (?P<text>[^\n]*?) (?P<after>[ ]*\#[ ]*variant:[ ]*(?P<formula>[^\n]+))$",
        re.MULTILINE | re.VERBOSE,
    ),
    ".md": re.compile(
        r"(?P<before><!--[ ]*variant:[ ]*(?P<formula>.*?)[ ]*-->) (?P<text>.*?) (?P<after><!--/-->)",
        re.DOTALL | re.VERBOSE,
    ),
}
"""By the ending of a file."""
ENDINGS = tuple(_MARKS)


@dataclass(frozen=True)
class Mark:
    """One marked value."""

    line: int
    formula: str
    text: str
    """What stands there."""


def marks(text: str, ending: str) -> Iterator[Mark]:
    """Yield the marked values of a file with this ending, in their order."""
    pattern = _MARKS.get(ending)
    for match in pattern.finditer(text) if pattern else ():
        line = text.count("\n", 0, match.start("text")) + 1
        yield Mark(line, match["formula"].strip(), match["text"].strip())


def filled(text: str, ending: str, values: Mapping[str, Value]) -> str:
    """Return a file's text with the value of each mark's formula in its place, and no marks.

    Raises:
        FormulaError: a formula has no value.
    """

    def fill(match: re.Match[str]) -> str:
        written = _written(evaluate(match["formula"], values), ending)
        return match["before"] + written if ending == ".py" else written

    pattern = _MARKS.get(ending)
    return pattern.sub(fill, text) if pattern else text


def without_marks(text: str, ending: str) -> str:
    """Return a file's text as it stands, without the marks."""
    pattern, replacement = _MARKS.get(ending), r"\g<before>\g<text>" if ending == ".py" else r"\g<text>"
    return pattern.sub(replacement, text) if pattern else text


def shows(mark: Mark, value: Value, ending: str) -> bool:
    """Whether a mark's text says this value; in Python however it is written, 0.5 or 5e-1."""
    if mark.text == _written(value, ending):
        return True
    try:
        found = ast.literal_eval(mark.text) if ending == ".py" else None
    except (SyntaxError, ValueError):
        return False
    return type(found) is type(value) and found == value


def mark_faults(folder: Path, solutions: Path, own: Mapping[str, Value]) -> Iterator[tuple[Path, int, str]]:
    """Find marked values that are not the question's own, and parameters that stand nowhere; with file and line.

    Args:
        folder: of the question.
        solutions: folder of its solutions.
        own: its own value of each parameter.
    """
    used: set[str] = set()
    for path in (*files_of(folder), *files_of(solutions)):
        if path.suffix not in ENDINGS:
            continue
        for mark in marks(path.read_text(encoding="utf-8"), path.suffix):
            used |= {name for name in own if re.search(rf"\b{name}\b", mark.formula)}
            fault = _fault_of(mark, own, path.suffix)
            if fault:
                yield path, mark.line, fault
    for name in sorted(set(own) - used):
        yield folder / "question.yaml", 1, f"the parameter {name!r} stands nowhere; mark a value with `variant: {name}`"


def _fault_of(mark: Mark, own: Mapping[str, Value], ending: str) -> str:
    try:
        value = evaluate(mark.formula, own)
    except FormulaError as error:
        return str(error)
    return "" if shows(mark, value, ending) else f"{mark.text} is marked as {mark.formula}, which is {value!r} here"


def files_of(root: Path) -> Iterator[Path]:
    """Yield what a question's folder holds, but for proofs and caches."""
    return files_below(root, "proof.json")


def _written(value: Value, ending: str) -> str:
    return repr(value) if ending == ".py" else str(value)
