"""Markdown as interview documents have it: headings, tables, fences that may never be closed, and lines of text."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from grader.documents.words import asks, is_arabic, marker_of, numbered, part_of
from grader.submission import PARSED_HERE
from grader.trees import parse

MAX_LINE = 20_000
"""A longer line is text, whatever it looks like."""
_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})(?:[ \t]+|(?=[\d一-鿿]))(?P<text>.*?)[ \t]*#*[ \t]*")
_FENCE = re.compile(r"(?P<indent>[ \t]*)(?:>[ \t]?)?(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})")
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*")
_SUMMARY = re.compile(r"</?(?:details|summary|p|div|center|span|font)[^>]*>", re.IGNORECASE)
_HASH_COMMENTS = {"python", "bash", "yaml", "ruby", "r", "toml", "dockerfile", "makefile", "julia", "perl", "text"}
_ALIASES = {
    **dict.fromkeys(("py", "python3", "py3", "ipython", "pycon", "pytorch"), "python"),
    **dict.fromkeys(("sh", "shell", "zsh", "console", "terminal"), "bash"),
    **dict.fromkeys(("js", "node"), "javascript"),
    **dict.fromkeys(("c++", "cc", "cxx"), "cpp"),
    **dict.fromkeys(("golang",), "go"),
    **dict.fromkeys(("yml",), "yaml"),
    **dict.fromkeys(("plaintext", "txt", "output", "plain", "log"), "text"),
}


@dataclass(frozen=True)
class Heading:
    """A heading of any style."""

    line: int
    level: int
    text: str


@dataclass(frozen=True)
class Fence:
    """A block of code."""

    line: int
    language: str
    """In lower case, by its usual name; `text` where it is none."""
    source: str
    closed: bool = True


@dataclass(frozen=True)
class Table:
    """A table: its rows of cells, the head first; the row of dashes is left out."""

    line: int
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Text:
    """One line that is none of the others; an empty one too."""

    line: int
    text: str


@dataclass(frozen=True)
class Rule:
    """A line across the page."""

    line: int


Block = Heading | Fence | Table | Text | Rule


def read_blocks(text: str) -> list[Block]:
    """Return the blocks of a document, in order."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    blocks: list[Block] = []
    place = 0
    while place < len(lines):
        block, place = _block(lines, place)
        blocks.append(block)
    return blocks


def _block(lines: list[str], place: int) -> tuple[Block, int]:  # noqa: PLR0911  one return per kind of block
    """Return the block that begins at a line, and where the next one does."""
    line, number = lines[place], place + 1
    if len(line) > MAX_LINE:
        return Text(number, line), place + 1
    fence = _FENCE.fullmatch(line)
    if fence:
        return _fence(lines, place, fence)
    heading = _HEADING.fullmatch(line)
    if heading and heading["text"]:
        return Heading(number, len(heading["marks"]), _tidy(heading["text"])), place + 1
    if _ROW.fullmatch(line):
        return _table(lines, place)
    if _RULE.fullmatch(line):
        return Rule(number), place + 1
    under = _UNDERLINE.fullmatch(lines[place + 1]) if place + 1 < len(lines) else None
    if under and line.strip() and not line.lstrip().startswith(("-", "*", "+", ">")) and len(under[1]) >= 2:
        return Heading(number, 1 if under[1][0] == "=" else 2, _tidy(line)), place + 2
    return Text(number, _tidy(line, strip=False)), place + 1


def _tidy(text: str, *, strip: bool = True) -> str:
    opened = re.sub(r"<summary[^>]*>\s*(.*?)\s*</summary>", r"**\1**", text, flags=re.IGNORECASE)
    bare = _SUMMARY.sub("", opened).replace("<br>", " ").replace("<br/>", " ")
    return bare.strip() if strip else bare.rstrip()


def _table(lines: list[str], place: int) -> tuple[Table, int]:
    end = place
    while end < len(lines) and _ROW.fullmatch(lines[end]):
        end += 1
    rows = [tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])) for line in lines[place:end]]
    kept = tuple(row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row))
    return Table(place + 1, kept), end


# --- fences ----------------------------------------------------------------------------------------------------------


def _fence(lines: list[str], place: int, opening: re.Match[str]) -> tuple[Fence, int]:
    """Read a block of code: to its closing fence, or, where that was forgotten, to where the text goes on."""
    language = _language(opening["info"])
    end, closed = _end_of(lines, place, opening["fence"], language)
    source = textwrap.dedent("\n".join(lines[place + 1 : end])).rstrip()
    return Fence(place + 1, language, source, closed), end + 1 if closed else end


def _language(info: str) -> str:
    word = re.match(r"\{?\.?([A-Za-z0-9+#_-]*)", info.strip())
    name = word[1].lower() if word else ""
    return _ALIASES.get(name, name)


def _end_of(lines: list[str], place: int, fence: str, language: str) -> tuple[int, bool]:
    """Return the line at which a block ends, and whether a fence closes it there."""
    seam: int | None = None
    for number in range(place + 1, len(lines)):
        match = _FENCE.fullmatch(lines[number])
        if match and match["fence"][0] == fence[0] and len(match["fence"]) >= len(fence):
            if match["info"].strip():  # only an opening fence names a language
                return number if seam is None else seam, False
            if seam is not None and not _is_whole(lines[place + 1 : number], language):
                return seam, False
            return number, True
        if seam is None and _is_seam(lines, number, language):
            seam = number
    return (len(lines) if seam is None else seam), False


def _is_seam(lines: list[str], number: int, language: str) -> bool:
    """Whether a line within a block looks like text after it: a marker in bold, or the heading of a part or an item."""
    line = lines[number]
    if line.lstrip().startswith(("**", "【")):
        return marker_of(line) is not None or bool(numbered(line)[0])
    heading = _HEADING.fullmatch(line)
    if heading is None or lines[number - 1].strip():
        return False
    if len(heading["marks"]) == 1 and language in _HASH_COMMENTS:
        return False
    text = heading["text"]
    return part_of(text) is not None or is_arabic(numbered(text)[0]) or asks(text)


def _is_whole(lines: list[str], language: str) -> bool:
    """Whether lines that hold what looks like text are code all the same."""
    if language not in {"python", ""}:
        return False
    return parses(textwrap.dedent("\n".join(lines)))


def parses(source: str) -> bool:
    """Whether a text is Python, and short enough to be asked."""
    if len(source) > PARSED_HERE:
        return False
    try:
        parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
