"""`grade assess begin`, `receive`, `audit` and `migrate`: what comes in goes on record."""

from __future__ import annotations

import contextlib
import getpass
import importlib.util
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from grader.cli.keys import read_key
from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from grader.takehome.desk.desk import Desk

F = TypeVar("F", bound="Callable[..., Any]")

DATABASE = "EXAM_GRADER_DATABASE"


def desk_options(function: F) -> F:
    """Add `--assessment FILE` and `--database URL`."""
    file = click.option(
        "--assessment", "sheet", type=click.Path(path_type=Path), default="assessment.yaml", metavar="FILE",
        show_default=True, help="Of which assessment; what belongs to it lies beside it.",
    )  # fmt: skip
    database = click.option(
        "--database", "address", metavar="URL", envvar=DATABASE, show_envvar=True,
        help="postgresql://USER@HOST/NAME; a file beside the assessment unless given.",
    )  # fmt: skip
    return file(database(function))


def _whoami() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"user {os.getuid()}"


def by_option(function: F) -> F:
    """Add `--by NAME`."""
    return click.option("--by", default=_whoami, metavar="NAME", show_default="who is logged in", help="Who does it.")(
        function
    )


@contextlib.contextmanager
def opened(sheet: Path, address: str | None, by: str) -> Iterator[Desk]:
    """Open the database of an assessment.

    Raises:
        InputError: it cannot be used, or what keeps the database is not installed.
    """
    see_installed()
    from grader.takehome.desk.desk import open_desk
    from grader.takehome.office import Office

    office = Office(sheet)
    key = read_key(office.key, may_be_made=False, cure="Invite somebody first: grade assess invite")
    with open_desk(office, key, address, by) as desk:
        yield desk


def see_installed() -> None:
    """See that the packages that keep the database are there.

    Raises:
        InputError: names those that are not.
    """
    missing = [name for name in ("sqlalchemy", "alembic") if importlib.util.find_spec(name) is None]
    if missing:
        fault = f"{' and '.join(missing)} is not installed, which keeps what is received"
        raise InputError(fault, cure="pip install 'exam-grader[assess]'")


def moment(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """Read an option that is a moment."""
    from grader.takehome.assessment import read_moment as read

    try:
        return None if value is None else read(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.argument("candidate")
@click.option("--at", metavar="MOMENT", callback=moment, help="When; now unless given. As 2026-12-01T09:00+01:00.")
@click.option("--reason", default="", help="Why the moment that is on record was wrong.")
@by_option
@desk_options
def begin(candidate: str, at: datetime | None, reason: str, by: str, sheet: Path, address: str | None) -> None:
    """Put on record when CANDIDATE began: from then their time runs, no longer from the invitation.

    What was received already is judged again by it, and its new receipt shown.

    \b
    Example:
      grade assess begin C-0017
      grade assess begin C-0017 --at 2026-12-01T09:00+01:00 --reason "the mail went out an hour late"
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    with opened(sheet, address, by) as desk, desk.register() as register:
        from grader.takehome.desk.receipts import begin as put_on_record
        from grader.takehome.desk.receipts import limits, told
        from grader.takehome.invitation import in_utc

        receipts = put_on_record(register, candidate, at or desk.now(), reason.strip())
        click.echo(f"{candidate} is due at {in_utc(limits(register, register.find(candidate)).due)}.")
        for receipt in receipts:
            click.echo(f"Judged again:\n{told(receipt)}")


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--at", metavar="MOMENT", callback=moment, help="When it was received; now unless given.")
@click.option("--reason", default="", help="With --at: what vouches for it, as the head of the mail it came with.")
@click.option("--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@by_option
@desk_options
def receive(
    files: tuple[Path, ...],
    at: datetime | None,
    reason: str,
    form: str,
    by: str,
    sheet: Path,
    address: str | None,
) -> int:
    """Take in what candidates sent, and give a signed receipt for each FILE.

    The moment of receipt counts. A file that comes twice has one receipt; a newer one counts in place of an older one
    where the rules let it. What comes too late is kept, and its receipt says so. Exit code 2: a FILE was no answer.

    \b
    Example:
      grade assess receive answer-k3v7d5x2h4mzq6waobtc2yhe.zip
      grade assess receive answer-*.zip --at 2026-12-14T17:58+01:00 --reason "time in the head of the mail"
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.takehome.desk.receipts import receive as take_in
    from grader.takehome.desk.receipts import told

    if (at is None) != (not reason.strip()):
        raise InputError("another moment is taken with its reason", cure="Give both --at and --reason, or neither")
    receipts, refused = [], 0
    with opened(sheet, address, by) as desk:
        for file in files:
            try:
                receipts.append(take_in(desk, file, at=at, reason=reason.strip()))
            except InputError as error:
                click.echo(f"Error: {error}", err=True)
                refused += 1
    if form == "json":
        click.echo(json.dumps([each.model_dump(mode="json") for each in receipts], indent=2, ensure_ascii=False))
    elif receipts:
        click.echo("\n\n".join(map(told, receipts)))
    return InputError.exit_code if refused else 0


@click.command()
@click.option("--expect", metavar="DIGEST", help="A digest that must be there, as the `audit` of a receipt.")
@click.option("--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@by_option
@desk_options
def audit(expect: str | None, form: str, by: str, sheet: Path, address: str | None) -> int:
    """Prove that nothing on record was changed, added or taken away behind the grader's back.

    Exit code 0: everything is as it was written. 1: it is not; the first broken link is named.

    \b
    Example:
      grade assess audit
      grade assess audit --expect 5f0c… --format json
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.takehome.desk.chain import canonical, kept_rows

    with opened(sheet, address, by) as desk, desk.register() as register:
        proof = register.chain.prove(kept_rows(register.session, register.row.id), expect)
        if form == "json":
            links = [{**json.loads(canonical(link)), "digest": link.digest} for link in register.chain.rows()]
            shown = {"proven": not proof.faults, "head": proof.head, "faults": proof.faults, "links": links}
            click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        else:
            for fault in proof.faults:
                click.echo(fault)
            click.echo(f"{proof.links} links, the last {proof.head}" + ("." if proof.faults else "; nothing is amiss."))
    return 1 if proof.faults else 0


@click.command()
@desk_options
def migrate(sheet: Path, address: str | None) -> None:
    """Bring a team's database up to date; a file is brought up to date by itself.

    \b
    Example:
      grade assess migrate --database postgresql://grader@db.example/assessments
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    see_installed()
    from grader.takehome.desk.database import Database
    from grader.takehome.desk.desk import address_of
    from grader.takehome.office import Office

    database = Database(address or address_of(Office(sheet)))
    try:
        before, after = database.migrate()
    finally:
        database.close()
    click.echo(f"{database.shown} has the form {after}{', as before' if before == after else ''}.")
