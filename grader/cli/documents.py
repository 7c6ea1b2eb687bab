"""`grade draft document`: the items of an interview document, each read, tried and compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import bank_option, isolation_option
from grader.errors import InputError

if TYPE_CHECKING:
    from grader.bank import Bank


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--drafts", type=click.Path(path_type=Path, file_okay=False), default=Path("drafts"), show_default=True,
    metavar="DIR", help="Folder of the drafts.",
)  # fmt: skip
@click.option("--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@isolation_option
@bank_option
def document(file: Path, drafts: Path, form: str, isolation: str | None, bank_folder: Path | None) -> int:
    """Turn an interview document, in Markdown, into a list of items: question, answer, key points, code.

    Sample answers in Python are run in a guest as they stand, and their errors are told. What is asked twice, or is in
    the bank already, is merged. Everything is kept in DIR/<name of FILE>/items.json and report.md. Exit code 0: some
    item was kept. 1: none.

    \b
    Example:
      grade draft document interview.md
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.documents.inspection import inspect_document
    from grader.documents.report import render_items
    from grader.report.drawing import make_console
    from grader.verdict import Level

    level = Level(isolation) if isolation else None
    done = inspect_document(file, drafts, bank=_bank(bank_folder), level=level)
    if form == "json":
        click.echo(done.found.model_dump_json(indent=2))
    else:
        render_items(done.found, make_console())
        click.echo(f"Written: {done.folder}/items.json, {done.folder}/report.md")
    return 0 if any(item.status == "kept" for item in done.found.items) else 1


def _bank(folder: Path | None) -> Bank | None:
    """Return the bank to compare with; where none is named and none is near, there need be none."""
    from grader.bank import load_bank

    try:
        return load_bank(folder)
    except InputError:
        if folder is not None:
            raise
    click.echo("Note: there is no bank here: the items are compared with each other only.", err=True)
    return None
