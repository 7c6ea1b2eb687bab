"""`grade stats` and `grade similar`: what the results of a cohort say of the questions, and of each other."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import bank_option
from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from grader.bank import Bank
    from grader.question import Question


@click.command()
@click.argument("folders", metavar="RESULTS...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["terminal", "json", "csv"]), default="terminal", show_default=True)
def stats(folders: tuple[Path, ...], form: str) -> None:
    """Say how difficult questions and checks were, and which of them tell candidates apart; with intervals.

    RESULTS are folders that `grade batch` wrote; one cohort may be spread over several. Below 30 candidates only the
    share that passed is shown. What is worth a look is named where its whole interval is bad.

    \b
    Example:
      grade stats results-gan/ results-fedavg/
      grade stats results/ --format csv > items.csv
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.takehome.cohort import read_cohort
    from grader.takehome.statistics import as_csv, statistics_of

    statistics = statistics_of(read_cohort(folders))
    if form == "json":
        click.echo(json.dumps(statistics.model_dump(mode="json"), indent=2, ensure_ascii=False))
    elif form == "csv":
        click.echo(as_csv(statistics), nl=False)
    else:
        from grader.report.drawing import make_console
        from grader.takehome.statistics_view import render_statistics

        render_statistics(statistics, make_console())


@click.command()
@click.argument("where", metavar="RESULTS_OR_FOLDER", type=click.Path(path_type=Path))
@click.option("--question", "name", metavar="ID", help="Which question; needed for a folder of submissions.")
@click.option(
    "--from", "source", type=click.Path(path_type=Path), metavar="PATH", help="Where the submissions are by now."
)
@click.option("--top", type=click.IntRange(1, 1000), default=10, show_default=True, help="Pairs to show.")
@click.option("--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@bank_option
def similar(where: Path, name: str | None, source: Path | None, top: int, form: str, bank_folder: Path | None) -> None:
    """Show which submissions share what the rest of the cohort does not, side by side. It is evidence, no verdict.

    RESULTS is a folder that `grade batch` wrote; FOLDER holds submissions, as `grade batch` takes them, and needs
    --question. Names, numbers, texts, comments and the order of functions do not matter; what was handed out does not
    count, and what everybody wrote counts next to nothing.

    \b
    Example:
      grade similar results/
      grade similar handed-in/ --question fedavg --top 3
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank
    from grader.takehome.gathering import gather

    bank = load_bank(bank_folder)
    with _handed_in(where, name, source, bank) as cohorts:
        found = [gather(question, paths) for question, paths in cohorts]
    if not found:
        raise InputError(
            f"nobody answered {name or 'anything'} here", file=where, cure="Name another folder or question"
        )
    if form == "json":
        from grader.takehome.similarity_report import as_report

        reports = [as_report(gathered, top).model_dump(mode="json") for gathered in found]
        click.echo(json.dumps(reports, indent=2, ensure_ascii=False))
        return
    from grader.report.drawing import make_console
    from grader.takehome.similarity_view import render_similarity

    for gathered in found:
        render_similarity(gathered, top, make_console())


@contextlib.contextmanager
def _handed_in(
    where: Path, name: str | None, source: Path | None, bank: Bank
) -> Iterator[list[tuple[Question, dict[str, Path]]]]:
    """Give the submissions of a batch, or of a folder, by question and candidate."""
    from grader.intake import take_in
    from grader.records import BatchFolder, found_again

    asked = bank.find_code(name) if name is not None else None
    folder = BatchFolder(where)
    if folder.exists:
        with found_again(folder.record(), source) as paths:
            yield _by_question(((entry.question, entry.candidate, path) for entry, path in paths.items()), asked, bank)
        return
    with take_in(where, question_given=asked is not None) as intake:
        handed = [
            (one.question or (asked.qualified_id if asked else ""), one.candidate, one.path) for one in intake.handed
        ]
        if any(not question for question, _, _ in handed):
            cure = f"Name the question: grade similar {where} --question ID"
            raise InputError("no batch was graded here, and nothing says what is answered", file=where, cure=cure)
        yield _by_question(handed, asked, bank)


def _by_question(
    handed: Iterable[tuple[str, str, Path]], asked: Question | None, bank: Bank
) -> list[tuple[Question, dict[str, Path]]]:
    """Sort submissions by question; answers in words are left out, for they are not compared as source."""
    from grader.question import Question

    every = list(handed)
    known = {name: bank.find(name) for name in sorted({name for name, _, _ in every})}
    found: dict[str, tuple[Question, dict[str, Path]]] = {}
    for name, candidate, path in every:
        question = known[name]
        if isinstance(question, Question) and (asked is None or asked.qualified_id == question.qualified_id):
            found.setdefault(question.qualified_id, (question, {}))[1][candidate] = path
    return [found[name] for name in sorted(found)]
