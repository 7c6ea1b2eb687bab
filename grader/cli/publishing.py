"""`grade assess report`: pages for reviewers, for candidates and for the team."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from grader.cli.options import bank_option, language_option
from grader.cli.receiving import by_option, desk_options, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.question import Language
    from grader.takehome.desk.desk import Desk

READERS = ("reviewer", "candidate", "cohort")


@click.command()
@click.option("--candidate", metavar="C", help="One alone; everybody unless given.")
@click.option(
    "--for", "reader", type=click.Choice(READERS), default="reviewer", show_default=True, help="Who reads it."
)
@by_option
@language_option
@desk_options
@bank_option
def report(
    candidate: str | None,
    reader: str,
    by: str,
    language: Language,
    sheet: Path,
    address: str | None,
    bank_folder: Path | None,
) -> None:
    """Write reports as pages that need nothing beside them, below reports/.

    A reviewer meets each candidate by the pseudonym alone, with the evidence of each point, questions for a talk about
    the candidate's own code, the scorecard and what was disclosed. A candidate gets what the feedback allows. The
    team gets the distribution, percentiles from 30 candidates on, and what the items are worth.

    \b
    Example:
      grade assess report
      grade assess report --candidate C-0017 --for candidate --lang zh
      grade assess report --for cohort
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    with opened(sheet, address, by) as desk:
        for page in _pages(desk, candidate, reader, language, bank_folder):
            click.echo(f"Wrote {page}")


def _pages(
    desk: Desk, candidate: str | None, reader: str, language: Language, bank_folder: Path | None
) -> Iterator[Path]:
    from grader.bank import load_bank
    from grader.takehome.desk.marking import Questions
    from grader.takehome.desk.publication import publish_candidate, publish_cohort, publish_reviewer
    from grader.takehome.desk.scores import score_of, scores_of

    with desk.register() as register:
        if reader == "cohort":
            yield publish_cohort(desk, register, language)
            return
        scores = scores_of(register) if candidate is None else [score_of(register, register.find(candidate))]
    questions = Questions(load_bank(bank_folder), desk.office.variants)
    publish = publish_reviewer if reader == "reviewer" else publish_candidate
    for score in scores:
        yield publish(desk, score, questions, language)
