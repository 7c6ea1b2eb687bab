"""`grade batch`: many submissions, warm, on all cores, and nothing lost when it is interrupted."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.judging import judge_options, named_judge
from grader.cli.options import bank_option, isolation_option, language_option, seed_option
from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from grader.bank import Bank
    from grader.batch import Batch, Entrant
    from grader.engine import Engine
    from grader.gradebook import Grade, Gradebook
    from grader.intake import Handed
    from grader.question import Language
    from grader.records import BatchFolder, BatchRecord
    from grader.rubric import AnyQuestion

ENGINES = ("local", "ray")
RENEWED_SECONDS = 10.0
"""So often the summary is written anew while a batch runs."""


@click.command()
@click.argument("what", metavar="ID_OR_MANIFEST")
@click.argument("submissions", type=click.Path(path_type=Path), required=False)
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder for the results.")
@click.option("--resume", is_flag=True, help="Go on with what an interrupted batch left there.")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Submissions graded at a time (with ray, on each node); one a core unless given.",
)
@click.option("--html", is_flag=True, help="Write pages too, for reviewers and for candidates.")
@click.option("--assignment", metavar="NAME", help="Which assignment of an nbgrader course.")
@click.option("--engine", type=click.Choice(ENGINES), default="local", show_default=True, help="Where they are graded.")
@click.option(
    "--address", metavar="HOST:PORT", help="With --engine ray: the cluster; one is started here unless given."
)
@judge_options
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
    html: bool,
    assignment: str | None,
    engine: str,
    address: str | None,
    judge_name: str | None,
    judge_server: str | None,
    judge_seconds: float,
    seed: int | None,
    isolation: str | None,
    language: Language,
    bank_folder: Path | None,
) -> int:
    """Grade many submissions: a folder with one file, notebook, folder or zip each, a download, or a manifest.

    SUBMISSIONS is a folder, or the folder or zip that Gradescope, Moodle, Canvas or nbgrader gave you; names are the
    candidates. A manifest is a CSV file with the columns candidate, question and path. Every verdict is written as it
    comes; what has the same content is graded once. Exit code 0: all were graded. 3: some could not be. 4:
    some are provisional, and wait for `grade review`.

    \b
    Example:
      grade batch fedavg submissions/ --out results/
      grade batch manifest.csv --out results/ --resume
      grade batch fedavg submissions/ --out results/ --engine ray --address 10.0.0.1:6379
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank
    from grader.batch import Batch, make_record
    from grader.intake import take_in
    from grader.publication import publish
    from grader.verdict import Level

    level = Level(isolation) if isolation else None
    bank = load_bank(bank_folder)
    default, source = _asked(what, submissions, bank)
    given, endings = default is not None, _endings(default)
    with take_in(source, question_given=given, assignment=assignment, endings=endings) as intake:
        for note in intake.notes:
            _note(note)
        entrants = [_entrant(one, source, default, bank) for one in intake.handed]
        judge = named_judge(judge_name, judge_server, judge_seconds, (one.question for one in entrants))
        if judge is not None and engine != "local":
            raise InputError("a model judges on this machine alone", cure="Grade without --judge, or by --engine local")
        machines = make_engine(engine, jobs, address, _packages(entrants))
        record = make_record(entrants, source, seed=seed, level=level, assignment=assignment, judge=judge)
        folder = _begin(out, record, resume=resume, seed=seed)
        book = _grade_all(Batch(entrants, folder, resumed=resume, judge=judge), machines)
        if html:
            publish(book, entrants, folder, language)
    return _conclude(book, out, language, html=html)


def _asked(what: str, submissions: Path | None, bank: Bank) -> tuple[AnyQuestion | None, Path]:
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


def _endings(question: AnyQuestion | None) -> tuple[str, ...]:
    """Return the endings of the files that may answer a question."""
    from grader.intake import SUBMISSIONS
    from grader.rubric import ConceptQuestion
    from grader.submission import WORDS

    return (*WORDS, ".zip") if isinstance(question, ConceptQuestion) else SUBMISSIONS


def _entrant(handed: Handed, source: Path, default: AnyQuestion | None, bank: Bank) -> Entrant:
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


def make_engine(name: str, jobs: int | None, address: str | None = None, packages: Collection[str] = ()) -> Engine:
    """Return the engine of that name.

    Raises:
        InputError: Ray is not installed, nobody answers at the address, or the engine has no use for one.
    """
    if name == "ray":
        from grader.cluster.ray_engine import RayEngine
        from grader.packing import QuestionFreight

        return RayEngine(QuestionFreight(), address, jobs, packages=packages, warn=_note)
    if address is not None:
        raise InputError("--address names a cluster, and --engine local uses none", cure="Add --engine ray")
    from grader.engine import LocalEngine

    return LocalEngine(jobs)


def _note(text: str) -> None:
    click.echo(f"Note: {text}", err=True)


def _packages(entrants: Sequence[Entrant]) -> set[str]:
    """Return what the questions are graded with: verdicts may depend on its versions."""
    from grader.question import Question

    questions = (one.question for one in entrants if isinstance(one.question, Question))
    used = {name.partition(".")[0] for question in questions for name in question.spec.environment.packages}
    return {"cloudpickle", "hypothesis", "numpy", "pytest", *used}


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


def _conclude(book: Gradebook, out: Path, language: Language, *, html: bool) -> int:
    from grader.report.drawing import make_console
    from grader.report.overview import render_overview

    render_overview(book, make_console(), language)
    pages = f"; {out}/index.html, and for candidates {out}/feedback/" if html else ""
    click.echo(f"Results: {out}/summary.csv, one row each; {out}/grades.csv; {out}/verdicts/{pages}")
    return exit_code_of(book, out)


def exit_code_of(book: Gradebook, out: Path) -> int:
    """Return 0 where everything has its mark, 3 where something could not be graded, 4 where something waits."""
    from grader.verdict import Status

    left = {grade.verdict.status for grade in book.grades if not grade.marked}
    if Status.PROVISIONAL in left:
        waiting = sum(grade.verdict.status is Status.PROVISIONAL for grade in book.grades)
        click.echo(f"{waiting} provisional, without a mark until somebody decides: grade review {out}", err=True)
    return 0 if not left else 4 if left == {Status.PROVISIONAL} else 3
