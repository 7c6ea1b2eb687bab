"""`grade assess grade` and `regrade`: everything that was received and counts, graded and on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from grader.cli.options import bank_option
from grader.cli.receiving import by_option, desk_options, opened
from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grader.takehome.desk.desk import Desk
    from grader.takehome.desk.marking import Answer
    from grader.takehome.desk.regrading import Regraded
    from grader.takehome.desk.scores import Score


@click.command("grade")
@click.option("--jobs", type=click.IntRange(1), help="Answers graded at a time; one a core unless given.")
@by_option
@desk_options
@bank_option
def grade_received(jobs: int | None, by: str, sheet: Path, address: str | None, bank_folder: Path | None) -> int:
    """Grade what was received and has no verdict yet; show what every candidate reached.

    Everybody meets the same hidden inputs, whenever graded: the seed follows from the assessment's key. Interrupted,
    the same command goes on. What waits for a person is decided by `grade review` on results/, and taken over here.
    Exit code 3: something could not be graded here.

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


def _answers(desk: Desk, bank_folder: Path | None) -> list[Answer]:
    from grader.bank import load_bank
    from grader.takehome.desk.marking import Questions, answers_of

    questions = Questions(load_bank(bank_folder), desk.office.variants)
    with desk.register() as register:
        return answers_of(register, questions)


def _grade(desk: Desk, jobs: int | None, bank_folder: Path | None) -> Sequence[Answer]:
    from grader.cli.progress import progress
    from grader.engine import LocalEngine
    from grader.takehome.desk.marking import grade_all, pending, take_over

    answers = _answers(desk, bank_folder)
    if taken := take_over(desk, answers):
        click.echo(f"{taken} {'verdict' if taken == 1 else 'verdicts'} taken over from grade review.")
        answers = _answers(desk, bank_folder)
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


@click.command("regrade")
@click.option("--apply", "applied", is_flag=True, help="Put the new verdicts on record; the old ones stay there too.")
@click.option("--reason", default="", help="What was wrong. Needed with --apply.")
@click.option("--jobs", type=click.IntRange(1), help="Answers graded at a time; one a core unless given.")
@by_option
@desk_options
@bank_option
def regrade_received(
    applied: bool, reason: str, jobs: int | None, by: str, sheet: Path, address: str | None, bank_folder: Path | None
) -> None:
    """Grade again what was graded by a question that was repaired since; show whose points change, and by which check.

    Nothing is put on record without --apply and --reason. Whose feedback says something else now is named, to be
    issued anew.

    \b
    Example:
      grade assess regrade
      grade assess regrade --apply --reason "the tolerance of test_mean was too tight"
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    if applied and not reason.strip():
        raise InputError("a regrading is applied with its reason", cure='Add --reason "what was wrong"')
    with opened(sheet, address, by) as desk:
        from grader.takehome.desk.regrading import apply, outdated, to_reissue

        answers = outdated(_answers(desk, bank_folder))
        if not answers:
            click.echo("No question has changed since answers were graded by it.")
            return
        regraded = _regrade(desk, answers, jobs)
        if not applied:
            click.echo('Nothing is on record yet: --apply --reason "..." puts it there.', err=True)
            return
        apply(desk, regraded, reason.strip())
        click.echo(f"Applied to {len(regraded)} answers.")
        for label in to_reissue(desk, regraded):
            candidate = label.partition("~")[0]
            click.echo(f"To be issued anew: grade assess report --for candidate --candidate {candidate}")


def _regrade(desk: Desk, answers: Sequence[Answer], jobs: int | None) -> Sequence[Regraded]:
    from grader.cli.progress import progress
    from grader.engine import LocalEngine
    from grader.report.comparison import render_changes
    from grader.report.drawing import make_console
    from grader.takehome.desk.regrading import files_of, regrade

    with progress(len(answers)) as told:
        regraded = regrade(desk, answers, LocalEngine(jobs), told)
    render_changes([each.change for each in regraded], files_of(regraded), make_console(), "en")
    return regraded
