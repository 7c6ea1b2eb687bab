"""What was found in a document, on one page: what is kept, what is merged, what failed and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from grader.report.drawing import make_pen, show
from grader.report.untrusted import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from grader.documents.item import DocumentItems, Item

_SHORT = 60
_STYLES = {"kept": "green", "merged": "yellow", "failed": "red"}
_HEAD = ("item", "line", "kind", "question", "points", "what became of it")


def summary(found: DocumentItems) -> str:
    """Return one sentence: how many items there are, and what became of them."""
    items = found.items
    counts = {status: sum(item.status == status for item in items) for status in _STYLES}
    code = sum(item.kind == "code" for item in items)
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    return f"{len(items)} items, {code} with code: {told}."


def fate(item: Item) -> str:
    """Return what became of an item, in a few words."""
    near = f"; resembles {item.like} ({item.likeness:.2f})" if item.like and item.status != "merged" else ""
    ran = "kept, its code runs" if item.tryout and item.tryout.outcome == "ran" else "kept"
    untried = f", {item.language} is not tried" if item.kind == "code" and item.tryout is None else ""
    head = f"{ran}{untried}" if item.status == "kept" else f"{item.status}: {item.reason}"
    return f"{head}{near}"


def render_items(found: DocumentItems, console: Console) -> None:
    """Show the table."""
    pen = make_pen(console, "en")
    table = Table(box=None, header_style="cyan", padding=(0, 2, 0, 0))
    for name in _HEAD:
        table.add_column(name, overflow="fold", justify="right" if name in {"item", "line", "points"} else "left")
    for item in found.items:
        question = pen.line(_clipped(item.question))
        cells = (str(item.number), str(item.line), item.kind, question, str(len(item.key_points)))
        table.add_row(*cells, pen.line(fate(item), _STYLES[item.status]))
    show(console, [table, Text(summary(found), style="bold")])


def report_text(found: DocumentItems) -> str:
    """Return the page in Markdown."""
    rows = [_row(item) for item in found.items]
    parts = [
        f"# {one_line(found.document)}",
        summary(found),
        "\n".join([_line(_HEAD), _line(["---"] * len(_HEAD)), *rows]),
    ]
    if found.left_out:
        parts += ["Headings that are no item:", "\n".join(f"- {one_line(title)}" for title in found.left_out)]
    return "\n\n".join(parts) + "\n"


def _row(item: Item) -> str:
    points = str(len(item.key_points))
    return _line([str(item.number), str(item.line), item.kind, _clipped(item.question), points, fate(item)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(one_line(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def _clipped(text: str) -> str:
    first = text.partition("\n")[0]
    return first if len(first) <= _SHORT else f"{first[:_SHORT]}…"
