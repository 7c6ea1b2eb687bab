"""A change of the tree, brought into the text: what it does not touch keeps its words, its layout and its comments."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from itertools import product, takewhile
from typing import TYPE_CHECKING

from grader.proof.mutation.alignment import Alignment, Edit, NotAlignedError
from grader.trees import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.proof.mutation.original import Original
    from grader.proof.mutation.place import Place

_LONGEST = 72
_LEAD = 12  # characters before the first difference that a shortened fragment keeps
_Whole = ast.expr | ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return | ast.Expr | ast.Raise


@dataclass(frozen=True)
class Splice:
    """A text with one change in it."""

    source: str
    start: int
    """Where the change begins in the original, in bytes."""
    end: int
    before: str
    after: str


def splice(original: Original, place: Place, new: ast.AST | None) -> Splice | None:
    """Return the text with another node in a place, or without the one that is there; None where it must stay."""
    if new is None:
        place, new = place.lifted(None)
    while any(isinstance(node, ast.JoinedStr) for node in place.above):
        place, new = place.lifted(new)  # in 3.11 the positions within an f-string are not to be trusted
    found = _spliced(original, place, new)
    if found is None:
        return None
    touched = range(original.line(found.start), original.line(max(found.start, found.end - 1)) + 1)
    return None if original.protected.intersection(touched) else found


def _spliced(original: Original, place: Place, new: ast.AST) -> Splice | None:
    intended = ast.dump(place.rooted(new))
    for edits in _attempts(original, place.node, new):
        source = _applied(original.data, edits).decode()
        if _dumped(source) == intended:
            return _told(original, place.node, edits, source)
    if isinstance(place.parent, ast.expr | ast.comprehension | ast.keyword):
        return _spliced(original, *place.lifted(new))
    source = ast.unparse(place.rooted(new)) + "\n"  # the layout leaves no room for the change
    if _dumped(source) != intended:
        return None
    start, end = original.span(place.node)
    return Splice(source, start, end, *_shortened(ast.unparse(place.node), ast.unparse(new)))


def _attempts(original: Original, old: ast.AST, new: ast.AST) -> Iterator[list[Edit]]:
    for style in sorted(product((False, True), repeat=3), key=sum):
        try:
            yield Alignment(original, *style).edits(old, new)
        except NotAlignedError:
            continue


def _applied(data: bytes, edits: Sequence[Edit]) -> bytes:
    for edit in reversed(edits):
        data = data[: edit.start] + edit.text + data[edit.end :]
    return data


def _dumped(source: str) -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a mistake may look like one
        try:
            return ast.dump(parse(source))
        except SyntaxError:
            return None


def _told(original: Original, old: ast.AST, edits: Sequence[Edit], source: str) -> Splice:
    start, end = edits[0].start, edits[-1].end
    cut = original.data[start:end]
    start += len(cut) - len(cut.lstrip()) if cut.strip() else 0  # the break before a line that goes is no part of it
    first, last = original.span(old) if isinstance(old, _Whole) else (start, end)
    first, last = min(first, start), max(last, end)
    changed = source.encode()
    first = min(first, edits[0].start)
    before, after = original.data[first:last], changed[first : last + len(changed) - len(original.data)]
    return Splice(source, start, end, *_shortened(before.decode(), after.decode()))


def _shortened(before: str, after: str) -> tuple[str, str]:
    """Return both in a line each, cut down to where they differ."""
    before, after = " ".join(before.split()), " ".join(after.split())
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    skipped = max(min(same - _LEAD, max(len(before), len(after)) - _LONGEST + 1), 0)
    return _cut(before, skipped), _cut(after, skipped)


def _cut(text: str, skipped: int) -> str:
    text = "…" + text[skipped:] if skipped else text
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
