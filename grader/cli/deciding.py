"""`grade assess rate` and `decide`: what people judge, each under their own name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from grader.cli.receiving import by_option, desk_options, opened
from grader.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

DECISIONS = ("advance", "hold", "reject")


@click.command()
@click.argument("candidate")
@click.argument("levels", metavar="CRITERION=LEVEL...", nargs=-1, required=True)
@click.option("--note", default="", help="What the levels rest on.")
@by_option
@desk_options
def rate(candidate: str, levels: tuple[str, ...], note: str, by: str, sheet: Path, address: str | None) -> None:
    """Rate CANDIDATE by the scorecard of the assessment; two people do, and neither is shown the other's levels.

    \b
    Example:
      grade assess rate C-0017 readability=3 tests=2 --by ana
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    given = _read(levels)
    with opened(sheet, address, by) as desk, desk.register() as register:
        from grader.takehome.desk.judging import RATERS
        from grader.takehome.desk.judging import rate as put_on_record

        raters = put_on_record(register, candidate, by, given, note.strip())
        click.echo(f"{candidate} is rated by {raters} of {RATERS}.")


def _read(levels: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in levels:
        name, _, level = each.partition("=")
        if not level.isdecimal() or name in found:
            raise InputError(f"{each!r} is no level of a criterion", cure="Write each once, like readability=3")
        found[name] = int(level)
    return found


@click.command()
@click.argument("candidate")
@click.argument("decision", type=click.Choice(DECISIONS))
@click.option("--by", required=True, metavar="NAME", help="Who answers for it.")
@click.option("--why", required=True, help="The reason.")
@desk_options
def decide(candidate: str, decision: str, by: str, why: str, sheet: Path, address: str | None) -> None:
    """Put on record what a person decided about CANDIDATE, and why. Nothing is ever decided by points alone.

    \b
    Example:
      grade assess decide C-0017 advance --by ana --why "sound code; explained the masking well"
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    with opened(sheet, address, by) as desk, desk.register() as register:
        from grader.takehome.desk.judging import Decision
        from grader.takehome.desk.judging import decide as put_on_record

        row = put_on_record(register, candidate, Decision(decision), by, why)
        click.echo(f"{candidate}: {row.decision}, by {row.by}.")
