"""What the terminal views are drawn with: harmless text, bars, labelled rows, and a screen to put them on."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.report.lengths import capped, clipped
from grader.report.untrusted import neutral, one_line
from grader.report.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import IO

    from grader.question import Language

WIDTH = 100
_LABEL_WIDTH = 10


@dataclass(frozen=True)
class Pen:
    """Draws in one language, for a terminal or for a pipe; makes every string harmless before it is drawn."""

    language: Language
    plain: bool
    width: int = WIDTH
    source: Mapping[str, str] = field(default_factory=dict)
    """Label to text of the submission's files."""

    def say(self, phrase: str, **values: object) -> str:
        """Return a phrase of the table of words."""
        return say(self.language, phrase, **values)

    def line(self, string: str, style: str = "") -> Text:
        """Draw a name or a label, always on one line of its own."""
        return Text(clipped(one_line(string)), style=style, overflow="fold")

    def block(self, string: str, style: str = "") -> Text:
        """Draw a text of many lines; where it is too long, say how much is left out."""
        kept, rest = capped(neutral(string).expandtabs(4).strip("\n"), self.language)
        text = Text(kept, style=style, overflow="fold")
        return text.append(f"\n{rest}", style="italic dim") if rest else text

    def bar(self, share: float, style: str, width: int = 20) -> Text:
        """Draw how much of something there is, from 0 to 1; only all of it fills the bar."""
        filled = width if share >= 1 else min(round(share * width), width - 1)
        if self.plain:
            return Text(f"[{'#' * filled}{'-' * (width - filled)}]")
        return Text("━" * filled, style=style).append("━" * (width - filled), style="bright_black")

    def mark(self, *, passed: bool) -> Text:
        """Draw a tick or a cross."""
        return Text("✓", style="bold green") if passed else Text("✗", style="bold red")

    def labelled(self, rows: Sequence[tuple[str, RenderableType]]) -> RenderableType:
        """Draw rows of a label and a value, the values under each other."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(min_width=_LABEL_WIDTH, style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        for label, value in rows:
            table.add_row(Text(self.say(label) if label else ""), value)
        return table

    def labelled_lines(self, rows: Iterable[tuple[str, str]]) -> RenderableType:
        """Draw rows of a name and a text, both somebody else's words."""
        table = Table.grid(padding=(0, 2, 0, 0))
        for name, text in rows:
            table.add_row(self.line(name, "cyan"), self.line(text))
        return table

    def section(self, phrase: str, parts: Sequence[RenderableType]) -> list[RenderableType]:
        """Draw a heading with parts under it, or nothing where there are no parts."""
        return [Text(f"\n{self.say(phrase)}", style="bold"), *map(indented, parts)] if parts else []


def indented(part: RenderableType, by: int = 2) -> RenderableType:
    """Move a part to the right."""
    return Padding(part, (0, 0, 0, by))


def make_console(file: IO[str] | None = None) -> Console:
    """Return a console for a person: the terminal's own width up to 100, and always 100 in a pipe."""
    console = Console(file=file)
    return Console(file=file, width=min(console.width, WIDTH) if console.is_terminal else WIDTH)


def make_page(width: int, *, colour: bool) -> Console:
    """Return a console that keeps what is drawn, to be read back with `page_text`."""
    return Console(
        file=StringIO(),
        width=width,
        force_terminal=colour,
        color_system="truecolor" if colour else None,
        no_color=not colour,
        legacy_windows=False,
    )


def page_text(console: Console) -> str:
    """Return what was drawn on a console of `make_page`."""
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def make_pen(console: Console, language: Language, source: Mapping[str, str] | None = None) -> Pen:
    """Return the pen that suits a console."""
    return Pen(language, not console.is_terminal, min(console.width, WIDTH), source or {})


def show(console: Console, parts: Sequence[RenderableType]) -> None:
    """Put parts on a console; in a pipe, without the spaces that rich fills lines with."""
    width = min(console.width, WIDTH)  # longer lines are hard to read
    if console.is_terminal:
        console.print(Group(*parts), width=width)
        return
    with console.capture() as capture:
        console.print(Group(*parts), width=width, crop=False)
    lines = [line.rstrip() for line in capture.get().split("\n")]
    console.out("\n".join(lines), highlight=False, end="")
