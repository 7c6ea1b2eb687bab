"""The terminal view of a batch: how the marks spread, which checks tell nobody apart, what wants a look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from grader.report.drawing import make_pen, show
from grader.report.wording import number, seconds, status_word
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, RenderableType

    from grader.gradebook import Grade, Gradebook, Item, Sheet
    from grader.question import Language
    from grader.report.drawing import Pen

_MOST_NAMES = 10
_STYLES = {
    Status.ACCEPTED: "green",
    Status.PARTIAL: "yellow",
    Status.REJECTED: "red",
    Status.PROVISIONAL: "magenta",
    Status.INVALID: "red",
    Status.UNGRADED: "magenta",
    Status.BROKEN: "magenta",
}


def render_overview(gradebook: Gradebook, console: Console, language: Language) -> None:
    """Show a batch, question by question."""
    pen = make_pen(console, language)
    for sheet in gradebook.sheets:
        show(console, [*_head(sheet, pen), *_sections(sheet, pen), Text()])


def _head(sheet: Sheet, pen: Pen) -> Iterator[RenderableType]:
    title = pen.line(sheet.title.in_language(pen.language), "bold")
    yield Text.assemble(title, "  ", pen.line(sheet.question, "dim"))
    yield Text(" · ").join(_counts(sheet, pen))
    if sheet.mean is not None and sheet.median is not None:
        yield Text(
            pen.say("mean {mean}, median {median}", mean=f"{sheet.mean:.0%}", median=f"{sheet.median:.0%}"), "dim"
        )


def _counts(sheet: Sheet, pen: Pen) -> Iterator[Text]:
    yield Text(pen.say("{count} submissions", count=len(sheet.grades)))
    for status, style in _STYLES.items():
        count = sum(grade.verdict.status is status for grade in sheet.grades)
        if count:
            yield Text(f"{count} {status_word(status, pen.language)}", style)
    twins = sum(grade.twin_of is not None for grade in sheet.grades)
    if twins:
        yield Text(pen.say("{count} copies of another", count=twins), "dim")


def _sections(sheet: Sheet, pen: Pen) -> Iterator[RenderableType]:
    yield from pen.section("Distribution of the points", [_distribution(sheet, pen)] if sheet.marked else [])
    nobody, everybody = sheet.passed_by_nobody, sheet.passed_by_everybody
    yield from pen.section("Passed by nobody", [_names(nobody, pen)] if nobody else [])
    yield from pen.section("Passed by everybody", [_names(everybody, pen)] if everybody else [])
    slowest = [grade for grade in sheet.slowest(3) if grade.verdict.seconds]
    yield from pen.section("Slowest", [_slow(slowest, pen)] if slowest else [])
    yield from pen.section("Not graded", [_unmarked(sheet.unmarked, pen)] if sheet.unmarked else [])


def _distribution(sheet: Sheet, pen: Pen) -> RenderableType:
    """Draw a bar for each tenth of the points."""
    most = max(sheet.histogram)
    table = Table.grid(padding=(0, 2, 0, 0))
    for tenth, count in enumerate(sheet.histogram):
        last = "100" if tenth == len(sheet.histogram) - 1 else f"<{10 * tenth + 10}"
        table.add_row(Text(f"{10 * tenth}–{last} %", "cyan"), pen.bar(count / most, "blue", 30), Text(str(count)))
    return table


def _names(items: Sequence[Item], pen: Pen) -> RenderableType:
    names = ", ".join(item.name.removeprefix("test_") for item in items[:_MOST_NAMES])
    return pen.line(f"{names}{_more(len(items), pen)}")


def _slow(grades: Sequence[Grade], pen: Pen) -> RenderableType:
    return pen.labelled_lines((grade.candidate, seconds(grade.verdict.seconds)) for grade in grades)


def _unmarked(grades: Sequence[Grade], pen: Pen) -> RenderableType:
    rows = [(grade.candidate, grade.verdict.message) for grade in grades[:_MOST_NAMES]]
    return pen.labelled_lines([*rows, *([(_more(len(grades), pen), "")] if len(grades) > _MOST_NAMES else [])])


def _more(count: int, pen: Pen) -> str:
    left = count - _MOST_NAMES
    return f" {pen.say('and {count} more', count=number(left))}" if left > 0 else ""
