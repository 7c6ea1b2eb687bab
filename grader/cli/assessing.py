"""`grade assess`: a take-home, from its file to its forms."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.deciding import decide, rate
from grader.cli.inviting import deploy, invite
from grader.cli.keeping import export, purge
from grader.cli.marking import grade_received, regrade_received
from grader.cli.options import bank_option
from grader.cli.publishing import report
from grader.cli.receiving import audit, begin, migrate, receive
from grader.errors import InputError

if TYPE_CHECKING:
    from grader.takehome.forms import Forms
    from grader.takehome.stock import Stocked


class _InOrder(click.Group):
    """A group that lists its commands in the order of the work."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names in the order in which they were added."""
        return list(self.commands)


@click.group(cls=_InOrder)
def assess() -> None:
    """Hold a take-home: from its file to a decision that somebody answers for.

    \b
    Example:
      grade assess check assessment.yaml
      grade assess invite assessment.yaml --candidate C-0017
      grade assess receive answer-*.zip
      grade assess grade
      grade assess report
    """  # noqa: D301  \b is click's mark for text that is not rewrapped


@assess.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@bank_option
def check(file: Path, bank_folder: Path | None) -> int:
    """Find every fault of an assessment, each with its line. Exit code 0: it can be held. 1: it cannot.

    \b
    Example:
      grade assess check assessment.yaml
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.takehome.checking import check_assessment, find

    stock = _stock(bank_folder)
    assessment, faults = check_assessment(file, stock)
    for fault in faults:
        click.echo(str(fault))
    if assessment is None or faults:
        click.echo(f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}.")
        return 1
    click.echo(f"{assessment.title.en}: no fault.")
    picked = [found for pick in assessment.questions if (found := find(pick.id, stock)[0])]
    _warn(picked or [each for each in stock if each.proven])
    return 0


@assess.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--forms", "count", type=click.IntRange(1, 26), default=1, show_default=True, help="How many forms.")
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FORMS.yaml", help="Where to; beside FILE unless given."
)
@bank_option
def assemble(file: Path, count: int, output: Path | None, bank_folder: Path | None) -> None:
    """Choose the questions of parallel forms, from what is proven: as few in common, and as alike, as can be.

    The same assessment and bank give the same file. Where there is no solution, the demands are named that exclude
    each other. Needs scipy: pip install 'exam-grader[assess]'.

    \b
    Example:
      grade assess assemble assessment.yaml --forms 4
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.files import write_whole
    from grader.takehome.assembly import assemble as choose
    from grader.takehome.checking import load_assessment
    from grader.takehome.forms import as_yaml

    stock = _stock(bank_folder)
    assessment = load_assessment(file, stock)
    forms = choose(assessment, hashlib.sha256(file.read_bytes()).hexdigest(), stock, count)
    target = output or file.with_name(f"{file.stem}.forms.yaml")
    try:
        write_whole(target, as_yaml(forms))
    except OSError as error:
        raise InputError(f"it cannot be written: {error.strerror}", file=target, cure="Choose another place") from None
    _show(forms, target)
    taken = {placed.id for form in forms.forms for placed in form.questions}
    _warn([each for each in stock if each.id in taken])


for command in (
    deploy,
    invite,
    begin,
    receive,
    grade_received,
    regrade_received,
    report,
    rate,
    decide,
    export,
    purge,
    audit,
    migrate,
):
    assess.add_command(command)


def _stock(bank_folder: Path | None) -> tuple[Stocked, ...]:
    from grader.bank import load_bank
    from grader.takehome.stock import stock_of

    bank = load_bank(bank_folder)
    for fault in bank.faults():
        click.echo(f"Warning: {fault}", err=True)
    return stock_of(bank)


def _warn(asked: list[Stocked]) -> None:
    """Say how many of the questions have suites that anyone can read."""
    public = sum(each.public for each in asked)
    if public:
        click.echo(
            f"Warning: {public} of {len(asked)} questions are of a public bank: whoever looks finds the hidden tests. "
            "Ask variants (grade assess deploy), or questions of your own (docs/takehome.md).",
            err=True,
        )


def _show(forms: Forms, target: Path) -> None:
    from grader.report.drawing import make_console
    from grader.takehome.forms_view import render_forms

    render_forms(forms, make_console())
    click.echo(f"Wrote {target}")
