"""How far a long command has come: a bar for who watches, a line now and then for who does not."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOLD_SECONDS = 10.0
"""Where nobody watches a bar, progress is a line this often."""


@contextlib.contextmanager
def progress(total: int) -> Iterator[Callable[[object], None]]:
    """Give a function that is called for each submission graded; it shows rate and time left."""
    if not sys.stderr.isatty():
        yield _Lines(total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("grading", total=total, rate="")

        def tell(_done: object) -> None:
            speed = bars.tasks[0].finished_speed or bars.tasks[0].speed
            bars.update(task, advance=1, rate=f"{speed:.1f}/s" if speed else "")

        yield tell


class _Lines:
    """Tells of progress where nobody watches a bar."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._started = self._told = time.monotonic()

    def __call__(self, _done: object) -> None:
        """Count one; say so when it is time."""
        self._done += 1
        now = time.monotonic()
        if now - self._told >= TOLD_SECONDS and self._done < self._total:
            self._told = now
            rate = self._done / (now - self._started)
            left = (self._total - self._done) / rate
            click.echo(f"graded {self._done} of {self._total}, {rate:.1f}/s, {left:.0f} s left", err=True)
