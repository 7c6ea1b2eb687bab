"""What an item says: its question, its answer, the points of the answer, and its code."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from grader.documents.item import Code, Item
from grader.documents.markdown import Fence, Heading, Rule, Table, Text, parses
from grader.documents.words import Part, marker_of, part_of, plain
from grader.trees import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.documents.markdown import Block
    from grader.documents.outline import Stretch

PROGRAMMING = {
    *("python", "java", "javascript", "typescript", "c", "cpp", "cuda", "go", "rust", "sql", "scala", "r", "julia"),
    *("kotlin", "swift", "csharp", "c#", "ruby", "php", "perl", "matlab", "haskell", "lua"),
}
MAX_POINTS = 12
MAX_POINT = 120
_LIST_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:[-*+•]|\d+[.)、）]|[（(]\d+[)）]|[①-⑳])\s*(?P<text>\S.*)")
_LEAD = re.compile(r"(?:\*\*|__)(?P<bold>[^*_]+)(?:\*\*|__)|(?P<head>[^:：]{2,40})[:：]")
_SENTENCE = re.compile(r"[^。！？；.!?;]+(?:[。！？；]|[.!?;](?=\s|$)|$)")


def read_item(stretch: Stretch, number: int) -> Item:
    """Return an item as the document has it; nothing is run and nothing compared yet."""
    passages = _Passages(stretch)
    code = tuple(passages.code)
    answer = passages.text(Part.ANSWER)
    is_code = any(block.language in PROGRAMMING for block in code)
    question = "\n".join(filter(None, (stretch.title, passages.text(Part.QUESTION))))
    missing = not answer and not is_code and not passages.text(Part.ANALYSIS, Part.POINTS)
    reason = "it has no answer" if missing else "" if question else "it has no question"
    return Item(
        number=number,
        line=stretch.line,
        question=question,
        answer=answer,
        analysis=passages.text(Part.ANALYSIS, Part.CODE),
        key_points=tuple(_points(passages)),
        code=code,
        kind="code" if is_code else "short",
        status="failed" if reason else "kept",
        reason=reason,
    )


class _Passages:
    """The parts of one item, line by line."""

    def __init__(self, stretch: Stretch) -> None:
        self.code: list[Code] = []
        self.tables: list[Table] = []
        self.lines: dict[Part, list[str]] = {part: [] for part in Part}
        answered = any(_opens(block) is Part.ANSWER for block in stretch.blocks)
        # text before a marked answer explains the question; where no answer is marked, it is the answer
        self._part = Part.QUESTION if answered or not stretch.title else Part.ANSWER
        self._asked_first = not answered and not stretch.title
        """Whether the first line is the question, and the rest its answer."""
        for block in stretch.blocks:
            self._take(block)

    def text(self, *parts: Part) -> str:
        """Return the text of parts, without blank lines around it."""
        found = ("\n".join(self.lines[part]).strip() for part in parts)
        return re.sub(r"\n{3,}", "\n\n", "\n\n".join(filter(None, found)))

    def _take(self, block: Block) -> None:
        match block:
            case Heading(text=text):
                part = part_of(text)
                self._part = part or self._part
                self.lines[self._part] += [] if part else ["", text]
            case Fence():
                self._take_fence(block)
            case Table(rows=rows):
                self.tables.append(block)
                self.lines[self._part] += ["| " + " | ".join(row) + " |" for row in rows]
            case Rule():
                if self.code or any(map(str.strip, self.lines[Part.ANSWER])):
                    self._part = Part.META  # what stands below the line belongs to no answer above
            case Text(text=text):
                self._take_line(text)

    def _take_fence(self, fence: Fence) -> None:
        language = fence.language or guessed(fence.source)
        if language in PROGRAMMING:
            self.code.append(Code(language=language, source=fence.source, line=fence.line, closed=fence.closed))
        else:
            # one entry, so that no line of it is taken for a point
            self.lines[self._part].append(f"```{fence.language}\n{fence.source}\n```")

    def _take_line(self, text: str) -> None:
        marker = marker_of(text)
        if marker is not None and marker.part is Part.META:
            return  # one line, which opens nothing
        if marker is not None:
            self._part = marker.part
            text = marker.rest
        self.lines[self._part].append(text)
        if self._asked_first and self._part is Part.QUESTION and text.strip():
            self._part = Part.ANSWER


def _opens(block: Block) -> Part | None:
    match block:
        case Heading(text=text):
            return part_of(text)
        case Text(text=text):
            marker = marker_of(text)
            return marker.part if marker else None
    return None


def guessed(source: str) -> str:
    """Return the language of a block that names none: Python where it parses and does something, else nothing."""
    if not parses(source):
        return "cpp" if re.search(r"#include\s*<|std::", source) else ""
    telling = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AugAssign, ast.For, ast.While)
    body = parse(source).body
    called = any(isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) for node in body)
    return "python" if called or any(isinstance(node, telling) for node in body) else ""


# --- key points ------------------------------------------------------------------------------------------------------


def _points(passages: _Passages) -> list[str]:
    """Return what an answer must name: its marked points, else the heads of its list or tables, else its sentences."""
    for part in (Part.POINTS, Part.ANSWER, Part.ANALYSIS):
        lines = passages.lines[part]
        found = list(_listed(lines)) or (_enumerated(lines) if part is Part.POINTS else [])
        if found:
            return _distinct(found)
    cells = [row[0] for table in passages.tables for row in table.rows[1:] if row and row[0]]
    return _distinct(cells or _split(passages.lines[Part.ANSWER]) or _split(passages.lines[Part.ANALYSIS]))


def _listed(lines: Sequence[str]) -> Iterator[str]:
    """Yield the head of each item of a list, of the outermost one where they are nested."""
    items = [match for line in lines if (match := _LIST_ITEM.fullmatch(line))]
    outermost = min((len(item["indent"].expandtabs(4)) for item in items), default=0)
    for item in items:
        if len(item["indent"].expandtabs(4)) == outermost:
            yield _head(item["text"])


def _head(text: str) -> str:
    lead = _LEAD.match(text)
    return (lead["bold"] or lead["head"]).strip(" :：") if lead else text


def _enumerated(lines: Sequence[str]) -> list[str]:
    """Return points that stand in one line after the other, or in one line with marks between."""
    return [point for line in lines for point in re.split(r"[;；、，,。]|\.(?=\s|$)", line) if point.strip()]


def _split(lines: Sequence[str]) -> list[str]:
    prose = " ".join(line for line in lines if not line.startswith(("|", "```"))).strip()
    return [sentence.strip() for sentence in _SENTENCE.findall(prose) if len(sentence.strip()) > 3]


def _distinct(points: Sequence[str]) -> list[str]:
    tidy = (plain(point).rstrip("。.;； ")[:MAX_POINT] for point in points)
    return list(dict.fromkeys(filter(None, tidy)))[:MAX_POINTS]
