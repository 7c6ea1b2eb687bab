"""`grade batch`: many submissions, warm, on all cores, and nothing lost when it is interrupted."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import bank_option, isolation_option, language_option, seed_option
from grader.errors import InputError

if TYPE_CHECKING:
    from grader.bank import Bank
    from grader.batch import Batch, Entrant
    from grader.engine import Engine
    from grader.gradebook import Grade, Gradebook
    from grader.intake import Handed
    from grader.question import Language, Question
    from grader.records import BatchFolder, BatchRecord

ENGINES = ("local",)
RENEWED_SECONDS = 10.0
"""So often the summary is written anew while a batch runs."""


@click.command()
@click.argument("what", metavar="ID_OR_MANIFEST")
@click.argument("submissions", type=click.Path(path_type=Path), required=False)
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder for the results.")
@click.option("--resume", is_flag=True, help="Go on with what an interrupted batch left there.")
@click.option("--jobs", type=click.IntRange(1), help="Submissions graded at a time; one a core unless given.")
@click.option("--assignment", metavar="NAME", help="Which assignment of an nbgrader course.")
@click.option("--engine", type=click.Choice(ENGINES), default="local", show_default=True, help="Where they are graded.")
@seed_option
@isolation_option
@language_option
@bank_option
def batch(
    what: str,
    submissions: Path | None,
    out: Path,
    resume: bool,
    jobs: int | None,
    assignment: str | None,
    engine: str,
    seed: int | None,
    isolation: str | None,
    language: Language,
    bank_folder: Path | None,
) -> int:
    """Grade many submissions: a folder with one file, notebook, folder or zip each, a download, or a manifest.

    SUBMISSIONS is a folder, or the folder or zip that Gradescope, Moodle, Canvas or nbgrader gave you; names are the
    candidates. A manifest is a CSV file with the columns candidate, question and path. Every verdict is written as it
    comes; what has the same content is graded once. Exit code 0: all were graded. 3: some could not be.

    \b
    Example:
      grade batch fedavg submissions/ --out results/
      grade batch manifest.csv --out results/ --resume
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank
    from grader.batch import Batch, make_record
    from grader.intake import take_in
    from grader.verdict import Level

    level = Level(isolation) if isolation else None
    bank = load_bank(bank_folder)
    default, source = _asked(what, submissions, bank)
    with take_in(source, question_given=default is not None, assignment=assignment) as intake:
        for note in intake.notes:
            click.echo(f"Note: {note}", err=True)
        entrants = [_entrant(one, source, default, bank) for one in intake.handed]
        record = make_record(entrants, source, seed=seed, level=level, assignment=assignment)
        folder = _begin(out, record, resume=resume, seed=seed)
        book = _grade_all(Batch(entrants, folder, resumed=resume), make_engine(engine, jobs))
    return _conclude(book, out, language)


def _asked(what: str, submissions: Path | None, bank: Bank) -> tuple[Question | None, Path]:
    """Return the question that all submissions answer, if it is one, and where they are."""
    if not what.lower().endswith(".csv"):
        if submissions is None:
            cure = f"Name their folder: grade batch {what} FOLDER --out DIR"
            raise InputError("the submissions are missing", cure=cure)
        return bank.find(what), submissions
    if submissions is not None:
        raise InputError(
            f"{what} is a manifest and names its submissions itself, relative to where it lies",
            cure=f"Leave out {submissions}, or give a question instead of the manifest",
        )
    return None, Path(what)


def _entrant(handed: Handed, source: Path, default: Question | None, bank: Bank) -> Entrant:
    """Say which question a submission answers."""
    from grader.batch import Entrant
    from grader.records import Entry, place_of

    question = bank.find(handed.question) if handed.question is not None else default
    if question is None:
        fault = f"nothing says which question {handed.candidate!r} answers"
        raise InputError(fault, cure="Give the manifest a column `question`, or name the question")
    place = place_of(handed.path, source)
    entry = Entry(candidate=handed.candidate, question=question.qualified_id, path=place)
    return Entrant(entry, question, handed.path)


def make_engine(name: str, jobs: int | None) -> Engine:
    """Return the engine of that name."""
    from grader.engine import LocalEngine

    return {"local": LocalEngine}[name](jobs)


def _begin(out: Path, record: BatchRecord, *, resume: bool, seed: int | None) -> BatchFolder:
    """Write down what the batch is, or see that it is the one that was interrupted."""
    from grader.batch import resumed
    from grader.records import BatchFolder

    folder = BatchFolder(out)
    if folder.exists and not resume:
        cure = "Go on with them by --resume, or choose another folder"
        raise InputError("there are results in it already", file=out, cure=cure)
    folder.begin(resumed(folder.record(), record, seed=seed) if folder.exists else record)
    return folder


def _grade_all(batch: Batch, engine: Engine) -> Gradebook:
    """Grade everything; whatever ends this early, the summary of what there is stands in the folder."""
    from grader.batch import summarize
    from grader.cli.progress import progress
    from grader.gradebook import Gradebook

    total = len(batch.entrants)
    grades: list[Grade] = []
    renewal = time.monotonic() + RENEWED_SECONDS
    try:
        with contextlib.closing(batch.run(engine)) as run, progress(total) as told:
            for grade in run:
                grades.append(grade)
                told(grade)
                if time.monotonic() >= renewal:
                    summarize(Gradebook(tuple(grades)), batch.folder)
                    renewal = time.monotonic() + RENEWED_SECONDS
    except KeyboardInterrupt:
        click.echo(f"{len(grades)} of {total} are graded; the same command with --resume goes on.", err=True)
        raise
    finally:
        book = Gradebook(tuple(grades))
        summarize(book, batch.folder)
    return book


def _conclude(book: Gradebook, out: Path, language: Language) -> int:
    from grader.report.drawing import make_console
    from grader.report.overview import render_overview

    render_overview(book, make_console(), language)
    click.echo(f"Results: {out}/summary.csv, one row each; {out}/grades.csv; {out}/verdicts/")
    return 0 if all(grade.marked for grade in book.grades) else 3
