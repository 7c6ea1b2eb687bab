"""The terminal view of the figures: a table for each question and each form, and what wants a look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from grader.report.drawing import indented, make_pen, show
from grader.report.wording import number, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, RenderableType

    from grader.intervals import Estimate
    from grader.report.drawing import Pen
    from grader.takehome.items import Figures, ItemFigures
    from grader.takehome.statistics import Statistics

_COLUMNS = ("", "passed", "difficulty", "item-rest r", "without", "time")
"""`without`: the alpha of the others; `time`: the median."""
_NAME, _WIDTHS = 31, (10, 12, 19, 7, 7)
"""Figures must be whole; a long name gives way."""


def render_statistics(statistics: Statistics, console: Console) -> None:
    """Show what is known of each question and of each form."""
    pen = make_pen(console, "en")
    parts: list[RenderableType] = []
    for kind, every, draw in (
        ("checks", statistics.questions, _table),
        ("questions", statistics.forms, _table),
        ("variants", statistics.variants, _variants),
    ):
        for figures in every:
            parts += [*_head(figures, kind, pen), indented(draw(figures, pen)), *_findings(figures, pen), Text()]
    show(console, [*parts, *_foot(statistics)])


def _head(figures: Figures, kind: str, pen: Pen) -> Iterator[RenderableType]:
    count = f"{figures.candidates} candidates, {len(figures.items)} {kind}"
    yield Text.assemble(pen.line(figures.name, "bold"), "  ", (count, "dim"))
    known = {
        "mean": _percent(figures.total),
        "alpha": _plain(figures.alpha),
        "standard error of measurement": _plain(figures.error, " points"),
        "median time": _time(figures.seconds),
    }
    if any(known.values()):
        yield Text(" · ".join(f"{name} {value}" for name, value in known.items() if value), "dim")


def _table(figures: Figures, pen: Pen) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="ellipsis", no_wrap=True, max_width=_NAME)
    for width in _WIDTHS:
        table.add_column(no_wrap=True, min_width=width)
    table.add_row(*(Text(head, style="cyan") for head in _COLUMNS))
    for item in figures.items:
        table.add_row(*_cells(item, pen))
    return table


def _variants(figures: Figures, pen: Pen) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(4):
        table.add_column(no_wrap=True)
    table.add_row(*(Text(head, style="cyan") for head in ("", "all points", "difficulty", "less the others' mean")))
    for item in figures.items:
        full, gap = f"{item.full} of {item.candidates}", _plain(item.gap)
        name = pen.line(item.name, "yellow" if item.findings else "")
        table.add_row(name, *map(Text, (full, _percent(item.difficulty), gap)))
    return table


def _cells(item: ItemFigures, pen: Pen) -> list[Text]:
    without = "" if item.alpha_without is None else f"{item.alpha_without:.2f}"
    cells = (
        f"{item.full} of {item.candidates}", _percent(item.difficulty), _correlation(item.discrimination), without,
        "" if item.seconds is None else seconds(item.seconds.value),
    )  # fmt: skip
    name = pen.line(item.name.removeprefix("test_"), "yellow" if item.findings else "")
    name.overflow = "ellipsis"
    return [name, *map(Text, cells)]


def _findings(figures: Figures, pen: Pen) -> Iterator[RenderableType]:
    rows = [(item.name.removeprefix("test_"), finding.sentence) for item in figures.items for finding in item.findings]
    yield from pen.section("Worth a look", [pen.labelled_lines(rows)] if rows else [])


def _foot(statistics: Statistics) -> Iterator[Text]:
    share, enough = statistics.level, statistics.enough
    if statistics.missing:
        yield Text(f"{statistics.missing} submissions have no verdict yet; grade batch --resume goes on.", "yellow")
    if any(figures.alpha for figures in (*statistics.questions, *statistics.forms)):
        yield Text("Without: alpha of the others. Time: the median.", "dim")
    if any(figures.candidates < enough for figures in (*statistics.questions, *statistics.forms)):
        yield Text(f"Below {enough} candidates nothing is said but how many passed.", "dim")
    yield Text(f"In brackets: intervals of {share:.0%}. What is worth a look is bad in all of it.", "dim")


def _percent(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{estimate.value:.0%} ({100 * estimate.low:.0f}–{100 * estimate.high:.0f})"


def _plain(estimate: Estimate | None, unit: str = "") -> str:
    return "" if estimate is None else f"{estimate.value:.2f}{unit} ({estimate.low:.2f} to {estimate.high:.2f})"


def _correlation(estimate: Estimate | None) -> str:
    """Write a number that is never beyond 1 without the nought before its point."""
    return _plain(estimate).replace("0.", ".")


def _time(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{seconds(estimate.value)} ({number(estimate.low)}–{number(estimate.high)})"
