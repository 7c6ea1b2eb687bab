"""Figures as a Markdown file beside this one, and what machine they are of."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HERE = Path(__file__).parent


def write(name: str, how: str, table: Sequence[str], notes: Iterable[str] = ()) -> None:
    """Write and print a file of figures.

    Args:
        name: of the file, without its ending.
        how: the command that made it.
        table: lines of a Markdown table, see `row`.
        notes: what a reader must know to read it rightly.
    """
    listed = "".join(f"\n- {note}" for note in notes)
    text = f"# Figures\n\n`{how}`, {machine()}.\n\n" + "\n".join(table) + "\n" + (f"{listed}\n" if listed else "")
    (HERE / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)  # noqa: T201  what a benchmark is for


def head(*columns: str) -> list[str]:
    """Return the first two lines of a table."""
    return [row(*columns), "|" + "---|" * len(columns)]


def row(*cells: str) -> str:
    """Return one line of a table; what is inside backticks keeps its bars out of it."""
    return f"| {' | '.join(cells)} |"


def machine() -> str:
    """Say what machine this is."""
    return f"{os.cpu_count()} cores, Linux {platform.release().split('-')[0]}, Python {platform.python_version()}"
