"""`grade import`: problems of other formats become questions of a bank."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import isolation_option
from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.importing.problem import Problem, Unread

FORMATS = {
    "bigcodebench": "grader.importing.bigcodebench:read_bigcodebench",
    "deep-ml": "grader.importing.deep_ml:read_deep_ml",
    "evalplus": "grader.importing.evalplus:read_evalplus",
    "humaneval": "grader.importing.humaneval:read_humaneval",
    "kernelbench": "grader.importing.kernelbench:read_kernelbench",
    "nbgrader": "grader.importing.nbgrader:read_nbgrader",
    "otter": "grader.importing.otter:read_otter",
}
"""Name to the function that reads a path into problems; its room is imported when it is asked for."""


@click.command("import")
@click.argument("form", metavar="FORMAT", type=click.Choice(list(FORMATS)))
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="BANK", help="Bank to write into.")
@click.option("--family", metavar="NAME", help="Folder of the bank; the format's name unless given.")
@click.option("--only", multiple=True, metavar="NAME", help="Only the problem of this name, as its format calls it.")
@click.option("--jobs", type=click.IntRange(1), help="Programs tried at a time; one a core unless given.")
@click.option("--format", "shown", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@isolation_option
def import_questions(
    form: str,
    path: Path,
    out: Path,
    family: str | None,
    only: tuple[str, ...],
    jobs: int | None,
    shown: str,
    isolation: str | None,
) -> int:
    """Turn problems of another format into questions of a bank, each tried before it is kept.

    The check that came with a problem runs in a guest, and what it asks becomes the hidden suite, as data. Solutions
    go into solutions/ beside BANK. What is in BANK already is left as it is.
    Exit code 0: all were kept. 1: some were refused.

    \b
    Example:
      grade import humaneval HumanEval.jsonl.gz --out imported/bank
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.importing.importer import Importer
    from grader.importing.view import render_imports, render_one
    from grader.report.drawing import make_console
    from grader.verdict import Level

    level = Level(isolation) if isolation else None
    importer = Importer(out, family or form, level=level, jobs=jobs)
    console = make_console() if shown == "terminal" else None
    found = importer.run(
        _chosen(_reader(form)(path), set(only)),
        lambda one: render_one(one, console) if console else None,
    )
    if not found:
        named = f" called {' or '.join(only)}" if only else ""
        raise InputError(f"there is no problem{named} in it", file=path, cure="Look at the names in the file")
    if console:
        render_imports(found, console, out)
    else:
        click.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2, ensure_ascii=False))
    return 0 if all(one.kept for one in found) else 1


def _reader(form: str) -> Callable[[Path], Iterator[Problem | Unread]]:
    module, name = FORMATS[form].split(":")
    reader: Callable[[Path], Iterator[Problem | Unread]] = getattr(importlib.import_module(module), name)
    return reader


def _chosen(problems: Iterator[Problem | Unread], only: set[str]) -> Iterator[Problem | Unread]:
    return (problem for problem in problems if not only or problem.origin in only)
