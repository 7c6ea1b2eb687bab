"""What became of the problems, for a person: a line each as it is decided, and the refusals at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from grader.report.drawing import indented, make_pen, show

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console, RenderableType

    from grader.importing.importer import Imported


def render_one(one: Imported, console: Console) -> None:
    """Show what became of one problem."""
    pen = make_pen(console, "en")
    if not one.kept:
        show(console, [Text.assemble(pen.mark(passed=False), " ", pen.line(f"{one.origin}: refused", "red"))])
        return
    cases = f"{one.cases['hidden']} hidden cases, {one.cases['public']} public"
    head = Text.assemble(pen.mark(passed=True), " ", pen.line(f"{one.origin}: {one.id}, {cases}"))
    show(console, [head, *(indented(pen.line(text, "dim")) for text in (*one.notes, *one.reasons))])


def render_imports(found: Sequence[Imported], console: Console, out: Path) -> None:
    """Show the sum, and a table of what was refused with the reasons."""
    pen = make_pen(console, "en")
    kept = [one for one in found if one.kept]
    clean = sum(not one.reasons for one in kept)
    seconds = sum(one.seconds for one in found)
    parts: list[RenderableType] = [
        Text(f"{len(found)} read: {len(kept)} kept, {len(found) - len(kept)} refused ({seconds:.0f} s).", style="bold"),
        Text(f"{clean} of those kept pass every gate that was asked; `grade verify --bank {out}` asks the others."),
    ]
    refused = [one for one in found if not one.kept]
    if refused:
        table = Table(box=None, show_header=True, header_style="cyan", padding=(0, 2, 0, 0))
        table.add_column("refused", overflow="fold")
        table.add_column("reason", overflow="fold")
        for one in refused:
            table.add_row(pen.line(one.origin), pen.line("; ".join(one.reasons)))
        parts.append(table)
    show(console, parts)
