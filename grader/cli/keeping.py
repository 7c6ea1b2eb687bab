"""`grade assess export` and `purge`: what is on record, handed on and taken away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.receiving import by_option, desk_options, moment, opened
from grader.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime


@click.command()
@click.option("--format", "form", type=click.Choice(["csv", "json", "gradescope"]), default="csv", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), metavar="PATH", help="Where to; needed for gradescope.")
@by_option
@desk_options
def export(form: str, output: Path | None, by: str, sheet: Path, address: str | None) -> None:
    """Write what every candidate came to: a table, everything as JSON, or a folder of Gradescope's results.json.

    \b
    Example:
      grade assess export > results.csv
      grade assess export --format json --output results.json
      grade assess export --format gradescope --output gradescope/
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    if form == "gradescope" and output is None:
        raise InputError("a file for each candidate needs a folder", cure="Name it: --output DIR")
    with opened(sheet, address, by) as desk, desk.register() as register:
        from grader.takehome.desk.exports import as_csv, as_gradescope, as_json
        from grader.takehome.desk.scores import scores_of

        scores = scores_of(register)
        if output is None or form != "gradescope":
            _write(output, as_csv(register, scores) if form == "csv" else as_json(register, scores) + "\n")
            return
        output.mkdir(parents=True, exist_ok=True)
        for score in scores:
            _write(output / f"{score.invited.label}.json", as_gradescope(score) + "\n")
    click.echo(f"Wrote {len(scores)} files to {output}")


def _write(path: Path | None, text: str) -> None:
    from grader.files import write_whole

    if path is None:
        click.echo(text, nl=False)
    else:
        write_whole(path, text)


@click.command()
@click.option("--candidate", metavar="C", help="One candidate.")
@click.option("--before", metavar="MOMENT", callback=moment, help="Everybody of whom nothing is newer than this.")
@click.option("--reason", default="", help="Kept in the audit: nothing that has to be purged itself.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@by_option
@desk_options
def purge(
    candidate: str | None,
    before: datetime | None,
    reason: str,
    yes: bool,
    by: str,
    sheet: Path,
    address: str | None,
) -> None:
    """Remove all that is known of candidates: rows, received files, verdicts, bundles and reports. It cannot be undone.

    The audit keeps that it happened, by whom and whose pseudonym it was, and stays provable.

    \b
    Example:
      grade assess purge --candidate C-0017 --reason "asked for it"
      grade assess purge --before 2026-06-01T00:00+00:00
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    if (candidate is None) == (before is None):
        raise InputError("somebody is to be named", cure="Give either --candidate or --before")
    with opened(sheet, address, by) as desk:
        from grader.takehome.desk.purging import candidates_before
        from grader.takehome.desk.purging import purge as remove

        with desk.register() as register:
            codes = [candidate] if candidate else candidates_before(register, before) if before else []
            for code in codes:
                register.find(code)
        if not codes:
            click.echo("There is nobody of whom nothing is newer.")
            return
        if not yes:
            click.confirm(f"Remove all that is known of {', '.join(codes)}?", abort=True)
        click.echo(f"Removed {remove(desk, codes, reason.strip())} rows, and the files, of {', '.join(codes)}.")
