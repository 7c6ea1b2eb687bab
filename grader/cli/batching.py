"""`grade batch`: many submissions, warm, on all cores, and nothing lost when it is interrupted."""

from __future__ import annotations

import contextlib
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from grader.cli.options import bank_option, isolation_option, language_option, seed_option
from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from grader.bank import Bank
    from grader.batch import Entrant
    from grader.engine import Engine
    from grader.gradebook import Grade, Gradebook
    from grader.intake import Handed
    from grader.question import Language, Question
    from grader.records import BatchFolder, BatchRecord
    from grader.verdict import Level

ENGINES = ("local", "ray")
TOLD_SECONDS = 10.0
"""Where nobody watches a bar, progress is a line this often; the summary is renewed as often."""


class Wishes(NamedTuple):
    """How a person wants a batch graded."""

    out: Path
    resume: bool
    seed: int | None
    level: Level | None


@click.command()
@click.argument("what", metavar="ID_OR_MANIFEST")
@click.argument("submissions", type=click.Path(path_type=Path), required=False)
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder for the results.")
@click.option("--resume", is_flag=True, help="Go on with what an interrupted batch left there.")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Submissions graded at a time (by ray, on each node); one a core unless given.",
)
@click.option("--engine", type=click.Choice(ENGINES), default="local", show_default=True, help="Where they are graded.")
@click.option(
    "--address", metavar="HOST:PORT", help="With --engine ray: the cluster; one is started here unless given."
)
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
    engine: str,
    address: str | None,
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
      grade batch fedavg submissions/ --out results/ --engine ray --address 10.0.0.1:6379
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank
    from grader.intake import take_in
    from grader.verdict import Level

    wishes = Wishes(out, resume, seed, Level(isolation) if isolation else None)
    bank = load_bank(bank_folder)
    default, source = _asked(what, submissions, bank)
    with take_in(source) as intake:
        for note in intake.notes:
            _note(note)
        entrants = [_entrant(one, default, bank) for one in intake.handed]
        book = _grade_all(entrants, source, wishes, make_engine(engine, jobs, address, _packages(entrants)))
    return _conclude(book, out, language)


def _asked(what: str, submissions: Path | None, bank: Bank) -> tuple[Question | None, Path]:
    """Return the question that all submissions answer, if it is one, and where they are."""
    if not what.lower().endswith(".csv"):
        if submissions is None:
            raise InputError(
                "the submissions are missing", cure=f"Name their folder: grade batch {what} FOLDER --out DIR"
            )
        return bank.find(what), submissions
    if submissions is not None:
        raise InputError(
            f"{what} is a manifest and names its submissions itself, relative to where it lies",
            cure=f"Leave out {submissions}, or give a question instead of the manifest",
        )
    return None, Path(what)


def _entrant(handed: Handed, default: Question | None, bank: Bank) -> Entrant:
    """Say which question a submission answers."""
    from grader.batch import Entrant
    from grader.records import Entry

    question = bank.find(handed.question) if handed.question is not None else default
    if question is None:
        fault = f"nothing says which question {handed.candidate!r} answers"
        raise InputError(fault, cure="Give the manifest a column `question`, or name the question")
    return Entrant(
        Entry(candidate=handed.candidate, question=question.qualified_id, path=handed.place), question, handed.path
    )


def make_engine(name: str, jobs: int | None, address: str | None = None, packages: Collection[str] = ()) -> Engine:
    """Return the engine of a name; Ray only where it is asked for."""
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
    used = {name.partition(".")[0] for one in entrants for name in one.question.spec.environment.packages}
    return {"cloudpickle", "hypothesis", "numpy", "pytest", *used}


def _grade_all(entrants: Sequence[Entrant], source: Path, wishes: Wishes, engine: Engine) -> Gradebook:
    """Grade everything; whatever ends this early, the summary of what there is stands in the folder."""
    from grader.batch import Batch, summarize
    from grader.gradebook import Gradebook
    from grader.records import BatchFolder

    folder = BatchFolder(wishes.out)
    record = _begin(folder, entrants, source, wishes)
    grades: list[Grade] = []
    renewal = time.monotonic() + TOLD_SECONDS
    batch = Batch(entrants, folder, record.seed, record.isolation, resumed=wishes.resume)
    try:
        with contextlib.closing(batch.run(engine)) as run, _progress(len(entrants)) as told:
            for grade in run:
                grades.append(grade)
                told(grade)
                if time.monotonic() >= renewal:
                    summarize(Gradebook(tuple(grades)), folder)
                    renewal = time.monotonic() + TOLD_SECONDS
    except KeyboardInterrupt:
        click.echo(f"{len(grades)} of {len(entrants)} are graded; the same command with --resume goes on.", err=True)
        raise
    finally:
        book = Gradebook(tuple(grades))
        summarize(book, folder)
    return book


def _begin(folder: BatchFolder, entrants: Sequence[Entrant], source: Path, wishes: Wishes) -> BatchRecord:
    """Write down what the batch is, or see that it is the one that was interrupted."""
    from grader.batch import make_record, resume
    from grader.grading import SEED_BITS

    if folder.exists and not wishes.resume:
        raise InputError(
            "there are results in it already",
            file=folder.root, cure="Go on with them by --resume, or choose another folder",
        )  # fmt: skip
    seed = secrets.randbits(SEED_BITS) if wishes.seed is None else wishes.seed
    record = make_record(entrants, source, seed, wishes.level)
    if folder.exists:
        record = resume(folder.record(), record, seed=wishes.seed)
    folder.begin(record)
    return record


def _conclude(book: Gradebook, out: Path, language: Language) -> int:
    from grader.report.drawing import make_console
    from grader.report.overview import render_overview

    render_overview(book, make_console(), language)
    click.echo(f"Results: {out}/summary.csv, one row each; {out}/grades.csv; {out}/verdicts/")
    return 0 if all(grade.marked for grade in book.grades) else 3


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[Grade], None]]:
    """Show a bar with rate and time left on a terminal, and elsewhere a line now and then."""
    if not sys.stderr.isatty():
        yield _Lines(total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("grading", total=total, rate="")

        def tell(_grade: Grade) -> None:
            speed = progress.tasks[0].finished_speed or progress.tasks[0].speed
            progress.update(task, advance=1, rate=f"{speed:.1f}/s" if speed else "")

        yield tell


class _Lines:
    """Tells of progress where nobody watches a bar."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._started = self._told = time.monotonic()

    def __call__(self, _grade: Grade) -> None:
        """Count one; say so when it is time."""
        self._done += 1
        now = time.monotonic()
        if now - self._told >= TOLD_SECONDS and self._done < self._total:
            self._told = now
            rate = self._done / (now - self._started)
            left = (self._total - self._done) / rate
            click.echo(f"graded {self._done} of {self._total}, {rate:.1f}/s, {left:.0f} s left", err=True)
