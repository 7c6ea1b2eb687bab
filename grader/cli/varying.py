"""`grade variants`: other questions of the same kind, by drawing parameters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.keys import read_key
from grader.cli.options import bank_option, isolation_option

if TYPE_CHECKING:
    from grader.proof.deployment import Deployment

FAULTS_SHOWN = 3


@click.command()
@click.argument("id")
@click.option("--count", type=click.IntRange(1, 200), default=4, show_default=True, help="How many.")
@click.option(
    "--out", "folder", required=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder that gets their bank/, solutions/ and the lock file.",
)  # fmt: skip
@click.option(
    "--key-file", type=click.Path(dir_okay=False, path_type=Path),
    help="The same key draws the same variants. Unless given, OUT/variants.key, made if it is missing.",
)  # fmt: skip
@click.option("--list", "only_list", is_flag=True, help="Show the values that would be drawn; write and prove nothing.")
@click.option("--jobs", type=click.IntRange(1), help="Submissions graded at a time; one a core unless given.")
@isolation_option
@bank_option
def variants(
    id: str,  # noqa: A002  what a person calls it
    count: int,
    folder: Path,
    key_file: Path | None,
    only_list: bool,
    jobs: int | None,
    isolation: str | None,
    bank_folder: Path | None,
) -> int:
    """Draw variants of a question, write each as a question of its own, and prove each.

    Each must be sound, and must reject the answers to all the others and to the question itself. Exit code 0: all are.

    \b
    Example:
      grade variants data-anonymise --count 4 --out exam/
      grade list --bank exam/bank
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank
    from grader.proof.deployment import deploy
    from grader.variants import draw
    from grader.verdict import Level

    question = load_bank(bank_folder).find_code(id)
    may_be_made = key_file is None and not only_list
    key = read_key(key_file or folder / "variants.key", may_be_made=may_be_made, cure="Name one with --key-file")
    drawings = draw(question, key, count)
    if only_list:
        for drawing in drawings:
            click.echo("  ".join(f"{name}={value!r}" for name, value in drawing.items()))
        return 0
    deployment = deploy(question, drawings, folder, key=key, level=Level(isolation) if isolation else None, jobs=jobs)
    show_deployment(deployment)
    return 0 if deployment.proven else 1


def show_deployment(deployment: Deployment) -> None:
    """Show each variant with its values, and what is wrong with it."""
    for record in deployment.variants:
        values = ", ".join(f"{name} = {value}" for name, value in record.values.items())
        click.echo(f"{'proven  ' if record.proven else 'UNSOUND '} {record.id}  {values}")
        for fault in record.faults[:FAULTS_SHOWN]:
            click.echo(f"          {fault.splitlines()[0]}")
        if len(record.faults) > FAULTS_SHOWN:
            click.echo(f"          and {len(record.faults) - FAULTS_SHOWN} more: grade verify {record.id} --again")
