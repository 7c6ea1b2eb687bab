"""`grade new` and `grade verify`: for those who write questions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from grader.cli.options import bank_option, isolation_option, seed_option

if TYPE_CHECKING:
    from pathlib import Path

    from grader.proof.trial import Proof


@click.command()
@click.argument("id")
@click.option("--family", required=True, help="Family of the question: a folder of the bank.")
@bank_option
def new(id: str, family: str, bank_folder: Path | None) -> None:  # noqa: A002  the word of the command line
    """Write the scaffold of a new question: a small one that is sound as it stands, to be replaced piece by piece.

    \b
    Example:
      grade new layer-norm --family nlp
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import find_bank
    from grader.proof.scaffold import write_scaffold

    for path in write_scaffold(find_bank(bank_folder), family, id):
        click.echo(f"wrote {path}")
    click.echo(f"Fill them in, then: grade verify {id}")


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@seed_option
@isolation_option
@bank_option
def verify(ids: tuple[str, ...], form: str, seed: int | None, isolation: str | None, bank_folder: Path | None) -> int:
    """Grade each question's own solutions, and say whether each fares as its folder says; without ID, all questions.

    Exit code 0: all are sound.

    \b
    Example:
      grade verify gan-step fedavg
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank
    from grader.proof.trial import try_question
    from grader.verdict import Level

    bank = load_bank(bank_folder)
    questions = [bank.find(id) for id in ids] if ids else list(bank.questions)  # noqa: A001  the word of the command line
    proofs = []
    for question in questions:
        proof = try_question(question, seed=seed, isolation=Level(isolation) if isolation else None)
        proofs.append(proof)
        if form == "terminal":
            _print(proof)
    if form == "json":
        click.echo(json.dumps([proof.model_dump(mode="json") for proof in proofs], indent=2, ensure_ascii=False))
    faults = [] if ids else list(bank.faults())
    for fault in faults:
        click.echo(f"Error: {fault}", err=True)
    return 0 if all(proof.proven for proof in proofs) and not faults else 1


def _print(proof: Proof) -> None:
    """Print one question: a line each for what was graded, then the faults."""
    click.echo(f"{proof.id}: {'sound' if proof.proven else 'NOT SOUND'} ({proof.seconds:.1f} s)")
    for sight in proof.exhibits:
        count = f"{len(sight.failing)} checks fail" if sight.failing else "all checks pass"
        click.echo(f"  {sight.name:<42} {sight.status:<9} {sight.points:>5g} points  {count}")
    for fault in proof.faults:
        click.echo(f"  FAULT: {fault}")
