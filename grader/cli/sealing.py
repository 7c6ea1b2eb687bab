"""`grade bank`: what is hidden in a bank, encrypted at rest."""

from __future__ import annotations

from pathlib import Path

import click

from grader.errors import InputError

_path = click.Path(path_type=Path)


@click.group()
def bank() -> None:
    """Seal a bank, so that it can be shared and only who has its key reads what is hidden.

    \b
    Example:
      grade bank key ~/team.key
      grade bank seal bank --key ~/team.key --out shared/bank
      GRADE_BANK_KEY=~/team.key grade submit gan-step answer.py --bank shared/bank
    """  # noqa: D301  \b is click's mark for text that is not rewrapped


@bank.command()
@click.argument("file", metavar="FILE", type=_path)
def key(file: Path) -> None:
    """Write a new key into FILE. Keep it where the bank is not: without it nobody opens what it sealed.

    \b
    Example:
      grade bank key ~/team.key
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.vault import write_key

    write_key(file)
    click.echo(f"Wrote {file}. Whoever has it reads the bank; without it nobody does, you neither.")


@bank.command()
@click.argument("folder", metavar="BANK", type=_path)
@click.option("--key", "key_file", type=_path, required=True, metavar="FILE", help="What `grade bank key` wrote.")
@click.option("--out", type=_path, required=True, metavar="BANK", help="Where the sealed bank shall be.")
def seal(folder: Path, key_file: Path, out: Path) -> None:
    """Write BANK sealed: statements, starters and public tests in clear, everything else encrypted.

    What has not changed is written as it was, byte for byte, so that a version control shows what did.

    \b
    Example:
      grade bank seal bank --key ~/team.key --out shared/bank
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.vault import read_key, seal_question

    root, places = _places(folder, out, sealed=False)
    key = read_key(key_file)
    for place in places:
        seal_question(root / place, root.parent / "solutions" / place, out / place, key)
    _finish(root, out, len(places))


@bank.command()
@click.argument("folder", metavar="BANK", type=_path)
@click.option("--key", "key_file", type=_path, required=True, metavar="FILE", help="What `grade bank key` wrote.")
@click.option("--out", type=_path, required=True, metavar="BANK", help="Where the bank shall be; solutions go beside.")
def unseal(folder: Path, key_file: Path, out: Path) -> None:
    """Write a sealed BANK in clear again. What is there already is left as it is.

    \b
    Example:
      grade bank unseal shared/bank --key ~/team.key --out bank
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.vault import read_key, unseal_question

    root, places = _places(folder, out, sealed=True)
    key = read_key(key_file)
    for place in places:
        target, own = out / place, out.parent / "solutions" / place
        for taken in (target, own):
            if taken.exists():
                cure = "Choose another place for --out, or remove it"
                raise InputError("something is there already", file=taken, cure=cure)
        unseal_question(root / place, target, own, key)
    _finish(root, out, len(places))


def _places(folder: Path, out: Path, *, sealed: bool) -> tuple[Path, list[Path]]:
    """Return the folder of a bank, and where below it each question lies that is sealed, or that is not.

    Raises:
        InputError: there is none, or the bank would be written over itself.
    """
    from grader.bank import load_bank
    from grader.vault import is_sealed

    found = load_bank(folder)
    (root,) = found.roots
    if root == out.absolute():
        raise InputError("the bank cannot be written over itself", file=out, cure="Choose another place for --out")
    places = [path.relative_to(root) for path in found.folders if is_sealed(path) is sealed]
    if not places:
        state = "sealed" if sealed else "in clear"
        raise InputError(f"no question in it is {state}", file=folder, cure="Name another bank")
    return root, places


def _finish(root: Path, out: Path, count: int) -> None:
    """Copy the files of the bank itself, and say how many questions were written."""
    for file in root.glob("*.*"):
        if file.is_file():
            (out / file.name).write_bytes(file.read_bytes())
    click.echo(f"{count} {'question' if count == 1 else 'questions'} written to {out}.")
