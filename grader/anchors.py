"""Anchors in a statement: comments that name what a passage states, so that a check can point at the passage.

`<!-- states: errors -->` on a line with text marks that paragraph, list item or table row. On a line of its own it
marks what follows, down to the next heading, to the next block that has an anchor, or to the end; so does one on a
heading. Anchors are for authors: what a candidate reads has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ANCHOR = re.compile(r"<!--[ \t]*states:([^\n]*?)-->")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})(.*)")
_HEADING = re.compile(r" {0,3}#{1,6}(\s|$)")
_OPENING = re.compile(r"[ \t]*([-*+]|\d{1,9}[.)])(\s|$)|[ \t]*\|")
"""How a list item or a table row begins."""


@dataclass(frozen=True)
class Passage:
    """What one anchor marks."""

    line: int
    """Where the anchor stands."""
    text: str
    """The marked text, without anchors."""


class _Kind(Enum):
    BLANK = auto()
    HEADING = auto()
    ANCHOR = auto()
    """Anchors and nothing else."""
    CODE = auto()
    """A fence, or a line between fences."""
    TEXT = auto()


def passages(statement: str) -> dict[str, tuple[Passage, ...]]:
    """Return what each anchor of a statement marks, by its name; a name may stand at several places."""
    lines = statement.splitlines()
    kinds = _kinds(lines)
    found: dict[str, tuple[Passage, ...]] = {}
    for index, (line, kind) in enumerate(zip(lines, kinds, strict=True)):
        if kind is _Kind.CODE:
            continue
        for name in _names(line):
            marked = (_block if kind is _Kind.TEXT else _region)(lines, kinds, index)
            text = "\n".join(_bare(line) for line in lines[marked.start : marked.stop])
            found[name] = (*found.get(name, ()), Passage(index + 1, text.strip()))
    return found


def without_anchors(statement: str) -> str:
    """Return a statement as a candidate reads it."""
    lines = statement.splitlines(keepends=True)
    kept: list[str] = []
    for (kind, line), (following, _) in pairwise([*zip(_kinds(lines), lines, strict=True), (_Kind.BLANK, "")]):
        if kind is not _Kind.ANCHOR:
            kept.append(line if kind is _Kind.CODE else _bare(line))
        elif following is _Kind.BLANK and kept and not kept[-1].strip():
            kept.pop()  # or its place would show as two blank lines
    return "".join(kept)


def _names(line: str) -> Iterator[str]:
    for match in _ANCHOR.finditer(line):
        yield from (name.strip() for name in match[1].split(","))


def _bare(line: str) -> str:
    """Remove the anchors of a line, and the blanks before them."""
    return re.sub(rf"[ \t]*{_ANCHOR.pattern}", "", line)


def _kinds(lines: Sequence[str]) -> list[_Kind]:
    kinds, fence = [], ""
    for line in lines:
        match = _FENCE.match(line)
        if fence:
            kinds.append(_Kind.CODE)
            closes = match is not None and match[1].startswith(fence) and not match[2].strip()
            fence = "" if closes else fence
        elif match:
            kinds.append(_Kind.CODE)
            fence = match[1]
        else:
            kinds.append(_kind(line))
    return kinds


def _kind(line: str) -> _Kind:
    if not line.strip():
        return _Kind.BLANK
    if not _bare(line).strip():
        return _Kind.ANCHOR
    return _Kind.HEADING if _HEADING.match(line) else _Kind.TEXT


def _region(lines: Sequence[str], kinds: Sequence[_Kind], index: int) -> range:
    """Return the lines that an anchor on a line of its own marks, or one on a heading."""
    for stop in range(index + 1, len(lines)):
        if kinds[stop] in {_Kind.ANCHOR, _Kind.HEADING}:
            return range(index + 1, stop)
        if kinds[stop] is _Kind.TEXT and any(_names(lines[stop])):
            return range(index + 1, _block(lines, kinds, stop).start)
    return range(index + 1, len(lines))


def _block(lines: Sequence[str], kinds: Sequence[_Kind], index: int) -> range:
    """Return the lines of the paragraph, list item or table row that a line belongs to."""
    start, stop = index, index + 1
    while start > 0 and not _OPENING.match(lines[start]) and kinds[start - 1] is _Kind.TEXT:
        start -= 1
    while stop < len(kinds) and kinds[stop] is _Kind.TEXT and not _OPENING.match(lines[stop]):
        stop += 1
    return range(start, stop)
