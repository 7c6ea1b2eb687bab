"""`grade new`: for those who write questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from grader.cli.options import bank_option

if TYPE_CHECKING:
    from pathlib import Path

    from grader.proof.scaffold import Kind, Package


@click.command()
@click.argument("id")
@click.option("--family", required=True, help="Family of the question: a folder of the bank.")
@click.option(
    "--kind", type=click.Choice(["code", "choice", "short"]), default="code", show_default=True,
    help="What is asked for: code, a choice among options, or a free answer.",
)  # fmt: skip
@click.option(
    "--package", type=click.Choice(["numpy", "torch"]),
    help="What its code works with: arrays or tensors; plain Python without it.",
)  # fmt: skip
@bank_option
def new(
    id: str,  # noqa: A002  the word of the command line
    family: str,
    kind: Kind,
    package: Package | None,
    bank_folder: Path | None,
) -> None:
    """Write the scaffold of a new question: a small one that is sound as it stands, to be replaced piece by piece.

    \b
    Example:
      grade new layer-norm --family nlp --package torch
      grade new why-layer-norm --family nlp --kind short
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import find_bank
    from grader.proof.scaffold import write_scaffold

    for path in write_scaffold(find_bank(bank_folder), family, id, kind, package):
        click.echo(f"wrote {path}")
    click.echo(f"Fill them in, then: grade verify {id}")
