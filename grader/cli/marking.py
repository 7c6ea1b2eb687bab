"""`grade assess grade`: everything that was received and counts, graded and on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from grader.cli.options import bank_option
from grader.cli.receiving import by_option, desk_options, opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grader.takehome.desk.desk import Desk
    from grader.takehome.desk.marking import Answer
    from grader.takehome.desk.scores import Score


@click.command("grade")
@click.option("--jobs", type=click.IntRange(1), help="Answers graded at a time; one a core unless given.")
@by_option
@desk_options
@bank_option
def grade_received(jobs: int | None, by: str, sheet: Path, address: str | None, bank_folder: Path | None) -> int:
    """Grade what was received and has no verdict yet; show what every candidate reached.

    Everybody meets the same hidden inputs, whenever graded: the seed follows from the assessment's key. Interrupted,
    the same command goes on. Exit code 3: something could not be graded here.

    \b
    Example:
      grade assess grade
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    with opened(sheet, address, by) as desk:
        from grader.takehome.desk.scores import scores_of

        failed = _grade(desk, jobs, bank_folder)
        with desk.register() as register:
            _show(scores_of(register))
    for answer in failed:
        fault = f"{answer.invited.label}: {answer.question.qualified_id} could not be graded"
        click.echo(f"{fault}; the reason stands in {desk.results / answer.entry.file}", err=True)
    return 3 if failed else 0


def _grade(desk: Desk, jobs: int | None, bank_folder: Path | None) -> Sequence[Answer]:
    from grader.bank import load_bank
    from grader.cli.progress import progress
    from grader.engine import LocalEngine
    from grader.takehome.desk.marking import Questions, answers_of, grade_all, pending

    questions = Questions(load_bank(bank_folder), desk.office.variants)
    with desk.register() as register:
        answers = answers_of(register, questions)
    chosen = pending(answers)
    if not chosen:
        click.echo("Nothing that counts is without a verdict.")
        return ()
    with progress(len(chosen)) as told:
        failed = grade_all(desk, answers, chosen, LocalEngine(jobs), told)
    click.echo(f"Graded {len(chosen) - len(failed)} of {len(chosen)} answers.")
    return failed


def _show(scores: Sequence[Score]) -> None:
    from grader.report.drawing import make_console
    from grader.takehome.desk.scores_view import render_scores

    render_scores(scores, make_console())
