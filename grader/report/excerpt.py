"""Lines of the submission around a place, with the place marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from grader.report.drawing import indented
from grader.report.lengths import clipped
from grader.report.untrusted import neutral, source_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.report.drawing import Pen
    from grader.verdict import SourceLine

_CONTEXT = 2
_OUTERMOST, _INNERMOST = 2, 3


def traceback(frames: Sequence[SourceLine], pen: Pen) -> RenderableType:
    """Draw the way to an exception: the calls in a line each, the last one with the lines around it."""
    parts: list[RenderableType] = [_call(frame, pen) for frame in frames[:-1]]
    if len(frames) > _OUTERMOST + _INNERMOST:
        left_out = len(frames) - _OUTERMOST - _INNERMOST
        parts[_OUTERMOST : 1 - _INNERMOST] = [
            pen.line(pen.say("… and {count} more calls", count=left_out), "italic dim")
        ]
    return Group(*parts, _place(frames[-1], None, pen), excerpt(frames[-1], pen))


def fault(frame: SourceLine, column: int | None, pen: Pen) -> RenderableType:
    """Draw the line that could not be read, with a caret under the column, counted from 1."""
    return Group(_place(frame, column, pen), excerpt(frame, pen, column))


def excerpt(frame: SourceLine, pen: Pen, column: int | None = None) -> RenderableType:
    """Draw the lines around a place, or its own text where the file is not at hand."""
    lines = source_lines(pen.source[frame.file]) if frame.file in pen.source else []
    if not 1 <= frame.line <= len(lines):
        shown = {frame.line: frame.text} if frame.text else {}
    else:
        first, last = _surroundings(lines, frame.line)
        shown = {number: lines[number - 1] for number in range(first, last + 1)}
    return indented(_numbered(shown, frame.line, column, pen))


def _surroundings(lines: Sequence[str], line: int) -> tuple[int, int]:
    """Return the first and the last line to show, without empty ones at the ends."""
    first, last = max(line - _CONTEXT, 1), min(line + _CONTEXT, len(lines))
    while first < line and not lines[first - 1].strip():
        first += 1
    while last > line and not lines[last - 1].strip():
        last -= 1
    return first, last


def _call(frame: SourceLine, pen: Pen) -> Text:
    return Text.assemble(_place(frame, None, pen), "  ", pen.line(frame.text.strip(), "dim"))


def _place(frame: SourceLine, column: int | None, pen: Pen) -> Text:
    if column is not None:
        phrase = "{file}, line {line}, column {column}"
        return pen.line(pen.say(phrase, file=frame.file, line=frame.line, column=column))
    place = pen.say("{file}, line {line}", file=frame.file, line=frame.line)
    if frame.function:
        place = pen.say("{place}, in {function}", place=place, function=frame.function)
    return pen.line(place)


def _numbered(lines: Mapping[int, str], marked: int, column: int | None, pen: Pen) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for number, line in lines.items():
        if number != marked:
            table.add_row(Text(), Text(str(number), style="bright_black"), _code(clipped(_expanded(line)), pen))
            continue
        shown, caret = _with_caret(line, column, pen)
        marker = Text(">" if pen.plain else "❯", style="bold red")
        table.add_row(marker, Text(str(number), style="bold"), _code(shown, pen))
        if caret is not None:
            table.add_row(Text(), Text(), Text(" " * caret + "^", style="bold red"))
    return table


def _with_caret(line: str, column: int | None, pen: Pen) -> tuple[str, int | None]:
    """Return what to show of a line, and how many cells in the caret stands; a long line is cut around it."""
    if column is None:
        return clipped(_expanded(line)), None
    text, at = _expanded(line), len(_expanded(line[: max(column, 1) - 1]))
    room = pen.width - 20
    if cell_len(text) > room:
        text, at = _window(text, at, room if text.isascii() else room // 2)
    return text, cell_len(text[:at])


def _window(text: str, at: int, room: int) -> tuple[str, int]:
    start = max(0, at - room // 2)
    head, tail = "…" if start else "", "…" if start + room < len(text) else ""
    return f"{head}{text[start : start + room]}{tail}", at - start + len(head)


def _expanded(line: str) -> str:
    return neutral(line).replace("\n", r"\n").expandtabs(4)


def _code(line: str, pen: Pen) -> Text:
    if pen.plain:
        return Text(line, overflow="fold")
    code = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(line)
    code.rstrip()
    code.overflow = "fold"
    return code
