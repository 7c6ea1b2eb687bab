"""The terminal view of a comparison: pairs by how much they stand out, and what they share, side by side."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from grader.report.drawing import indented, make_pen, show
from grader.report.untrusted import source_lines
from grader.takehome.alignment import fragments
from grader.takehome.similarity_report import CAUTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console, RenderableType

    from grader.report.drawing import Pen
    from grader.takehome.alignment import Fragment, Lines
    from grader.takehome.gathering import Gathered
    from grader.takehome.similarity import Pair

MAX_SHOWN = 3
"""Fragments of a pair; JSON has all."""
MAX_LINES = 12
"""Of each fragment."""


def render_similarity(gathered: Gathered, top: int, console: Console) -> None:
    """Show the most surprising pairs of a cohort, each with its longest fragments."""
    pen = make_pen(console, "en")
    comparison = gathered.comparison
    parts: list[RenderableType] = [*_head(gathered, pen)]
    for number, pair in enumerate(comparison.pairs[:top], start=1):
        parts += [Text(), *_pair(number, pair, gathered, pen)]
    show(console, [*parts, Text(), Text(CAUTION, "italic")])


def _head(gathered: Gathered, pen: Pen) -> Iterator[RenderableType]:
    comparison = gathered.comparison
    counts = f"{len(comparison.compared)} submissions, {comparison.possible} pairs"
    yield Text.assemble((gathered.question, "bold"), "  ", (counts, "dim"))
    if comparison.possible:
        half, most = comparison.quantile(0.5), comparison.quantile(0.9)
        yield Text(f"Half of all pairs share {half:.0%} or less of what is their own, nine in ten {most:.0%} or less.")
    if comparison.short:
        yield pen.line(f"Too short to be compared: {', '.join(comparison.short)}", "dim")
    for name, reason in gathered.unread.items():
        yield pen.line(f"Not compared: {name}: {reason}", "dim")


def _pair(number: int, pair: Pair, gathered: Gathered, pen: Pen) -> Iterator[RenderableType]:
    found = fragments(pair)
    names = pen.line(f"{number}. {pair.one.name} and {pair.other.name}", "bold")
    yield Text.assemble(names, f"  share {pair.share:.0%} ", (f"({pair.bits:.0f} bits)", "dim"))
    for fragment in found[:MAX_SHOWN]:
        yield indented(_side_by_side(pair, fragment, gathered, pen))
    if len(found) > MAX_SHOWN:
        yield indented(Text(f"and {len(found) - MAX_SHOWN} more fragments", "dim"))


def _side_by_side(pair: Pair, fragment: Fragment, gathered: Gathered, pen: Pen) -> Table:
    table = Table(show_edge=False, pad_edge=False, box=None, expand=True, padding=(0, 1))
    sides = ((pair.one.name, fragment.one), (pair.other.name, fragment.other))
    for name, lines in sides:
        place = pen.line(f"{name}, {lines.label} {lines.first}–{lines.last}", "cyan")
        table.add_column(place, ratio=1, overflow="ellipsis", no_wrap=True)
    rows = zip_longest(*(_excerpt(gathered.sources[name], lines, pen) for name, lines in sides), fillvalue=Text())
    for row in rows:
        table.add_row(*row)
    return table


def _excerpt(texts: Mapping[str, str], lines: Lines, pen: Pen) -> Iterator[Text]:
    """Return the lines of one side, each with its number, as far as there is room."""
    text = source_lines(texts[lines.label])
    last = min(lines.last, lines.first + MAX_LINES - 1)
    for number in range(lines.first, last + 1):
        line = pen.line(text[number - 1].expandtabs(4))
        line.overflow = "ellipsis"
        yield Text.assemble((f"{number:4} ", "dim"), line, overflow="ellipsis", no_wrap=True)
    if lines.last > last:
        yield Text(f"     … {lines.last - last} more", "dim")
