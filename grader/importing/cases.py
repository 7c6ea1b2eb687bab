"""Which cases a candidate may see: those that the problem's own text shows already, and one in any case."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.importing.problem import Refusal
from grader.importing.suite import UnwritableError, literal, row
from grader.trees import parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from grader.importing.recording import Case, Recording

MAX_ROWS = 256 * 2**10
"""Characters of all rows of a suite together."""
_LEAST_TEXT = 6
"""Shorter arguments may stand in a text for another reason."""
_MAX_CALL = 4000


@dataclass(frozen=True)
class Cases:
    """The cases of a question, on both sides of the curtain."""

    public: tuple[Case, ...]
    hidden: tuple[Case, ...]
    notes: tuple[str, ...]

    def revealed(self, rows: Collection[str]) -> Cases:
        """Return them with those hidden ones made public that have these rows; not all of them."""
        moved = [case for case in self.hidden if row(case) in rows]
        left = tuple(case for case in self.hidden if row(case) not in rows)
        return replace(self, public=(*self.public, *moved), hidden=left) if moved and left else self


def split_cases(recording: Recording, shown: str) -> Cases:
    """Divide what a check asks into what the text shows already and the rest.

    Args:
        recording: of the check.
        shown: the text of the problem, with its examples.

    Raises:
        Refusal: no case can be written down.
    """
    kept, notes = _writable(recording.cases)
    if not kept:
        raise Refusal("none of what its check asks can be written down")
    calls = set(_calls_in(shown, {case.export for case in kept}))
    bare = _bare(shown)
    public: list[Case] = []
    hidden: list[Case] = []
    for case in kept:
        (public if _is_shown(case, calls, bare) else hidden).append(case)
    if not hidden:
        hidden = kept
        notes.append("every case stands in its text, so that nothing hidden is left")
    elif not any(map(_asks_for_something, public)) and len(hidden) > 1:
        first = next((place for place, case in enumerate(hidden) if _asks_for_something(case)), 0)
        public.append(hidden.pop(first))
    return Cases(tuple(public or hidden[:1]), tuple(hidden), (*recording.notes, *notes))


def _asks_for_something(case: Case) -> bool:
    """Whether a body of `pass` does not answer it."""
    return case.answer is not None or bool(case.raises)


def _writable(cases: Sequence[Case]) -> tuple[list[Case], list[str]]:
    """Return the cases that have a row, each once, as many as fit into a suite; say what is left out."""
    rows: dict[str, Case] = {}
    room, lost = MAX_ROWS, 0
    for case in cases:
        try:
            text = row(case)
        except UnwritableError:
            lost += 1
            continue
        if text not in rows and len(text) > room:
            lost += 1
        elif text not in rows:
            rows[text] = case
            room -= len(text)
    return list(rows.values()), [f"{lost} of {len(cases)} cases are too large to write down"] if lost else []


def _is_shown(case: Case, calls: Collection[tuple[str, str]], bare: str) -> bool:
    if (case.export, literal(case.args)) in calls:
        return True
    words = [_bare(repr(value)) for value in (*case.args, *case.kwargs.values())]
    return sum(map(len, words)) >= _LEAST_TEXT and all(_stands_in(word, bare) for word in words)


def _stands_in(word: str, text: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(word)}(?![\w.]*\w)", text) is not None


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text).replace('"', "'")


def _calls_in(text: str, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the calls of functions, with literal arguments, that stand in a text: name, and arguments as written."""
    for name in names:
        for match in re.finditer(rf"\b{re.escape(name)}\(", text):
            args = _arguments(text[match.end() - 1 : match.end() + _MAX_CALL])
            if args is not None:
                yield name, args


def _arguments(text: str) -> str | None:
    """Return the values in the brackets that a text begins with, if they are literals that can be written."""
    depth = 0
    for place, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0:
            try:
                call = parse(f"f{text[: place + 1]}").body[0]
                args = call.value.args  # type: ignore[attr-defined]  # AttributeError below says that it is no call
                return literal(tuple(map(ast.literal_eval, args)))
            except (SyntaxError, ValueError, TypeError, AttributeError, RecursionError, MemoryError, UnwritableError):
                return None
    return None
