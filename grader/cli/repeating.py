"""`grade rerun` and `grade regrade`: a verdict repeated from its record, and a batch graded anew by a mended suite."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.judging import judge_options, named_judge
from grader.cli.options import bank_option, language_option
from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.answers.judge import Judge
    from grader.changes import Change
    from grader.question import Language
    from grader.regrade import Regrading
    from grader.rubric import AnyQuestion
    from grader.submission import Submission
    from grader.verdict import Verdict


@click.command()
@click.argument("file", metavar="VERDICT.json", type=click.Path(path_type=Path))
@click.argument("submission", type=click.Path(path_type=Path), required=False)
@judge_options
@language_option
@bank_option
def rerun(
    file: Path,
    submission: Path | None,
    judge_name: str | None,
    judge_server: str | None,
    judge_seconds: float,
    language: Language,
    bank_folder: Path | None,
) -> int:
    """Grade a submission again as its verdict says: same seed, same suite; say whether the same comes out.

    SUBMISSION is what was graded; for a verdict of a batch it is found by itself. Exit code 0: the same verdict. 1:
    another one. 2: the submission or the question is not the one that was graded; the message names what changed.

    \b
    Example:
      grade submit gan-step solution.py --format json --output verdict.json
      grade rerun verdict.json solution.py
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank
    from grader.changes import compare
    from grader.grading import grade
    from grader.report.comparison import render_rerun
    from grader.report.drawing import make_console
    from grader.verdict import Level

    before = _read_verdict(file)
    question = load_bank(bank_folder).find(before.question)
    _see_the_same_suite(before, question, file)
    judge = named_judge(judge_name, judge_server, judge_seconds, [question])
    _see_the_same_judge(before, judge, file)
    with _submission_of(file, submission, before) as path:
        again = _read_again(path, question, before)
        level = before.isolation.level if before.isolation is not None else None
        after = grade(question, again, seed=before.seed, isolation=Level(level) if level else None, judge=judge)
    change = compare(path.name, before, after)
    render_rerun(change, before, after, make_console(), language)
    return 1 if change.marks else 0


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--apply", "applied", is_flag=True, help="Write the new verdicts, and keep the old ones under history/.")
@click.option("--reason", default="", help="Why; kept with the old verdicts. Needed with --apply.")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where the submissions are by now.",
)
@click.option("--jobs", type=click.IntRange(1), help="Submissions graded at a time; one a core unless given.")
@click.option("--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@judge_options
@language_option
@bank_option
def regrade(
    folder: Path,
    applied: bool,
    reason: str,
    source: Path | None,
    jobs: int | None,
    form: str,
    judge_name: str | None,
    judge_server: str | None,
    judge_seconds: float,
    language: Language,
    bank_folder: Path | None,
) -> int:
    """Grade the batch in DIR again, after a suite was mended; show whose points change, and by which check.

    Nothing is written over without --apply and --reason. Exit code 0: done. 3: some could not be graded. 4: some
    are provisional, and wait for `grade review`; what was decided there before counts where it is run again.

    \b
    Example:
      grade regrade results/
      grade regrade results/ --apply --reason "the tolerance of test_mean was too tight"
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank
    from grader.cli.batching import exit_code_of
    from grader.cli.progress import progress
    from grader.engine import LocalEngine
    from grader.records import BatchFolder, found_again
    from grader.regrade import Regrading, entrants_of
    from grader.review.decisions import AUDIT

    if applied and not reason.strip():
        raise InputError("a regrading is applied with its reason", cure='Add --reason "what was wrong"')
    results = BatchFolder(folder)
    record, bank = results.record(), load_bank(bank_folder)
    with found_again(record, source) as paths:
        entrants = entrants_of(record, paths, bank)
        judge = named_judge(judge_name, judge_server, judge_seconds, (one.question for one in entrants))
        regrading = Regrading(results, entrants, judge)
        with progress(len(regrading.entrants)) as told:
            book = regrading.run(LocalEngine(jobs), told)
    changes = regrading.changes()
    _show(regrading, changes, form, language)
    if applied:
        click.echo(f"Applied; the old verdicts are in {regrading.apply(reason.strip(), changes, book)}.", err=True)
        if (folder / "review" / AUDIT).exists():
            click.echo("What an audit overruled stands as before it: `grade review --audit` puts it right.", err=True)
    elif any(change.marks for change in changes):
        click.echo('Nothing was written over: --apply --reason "..." does.', err=True)
    return exit_code_of(book, folder)


def _show(regrading: Regrading, changes: Sequence[Change], form: str, language: Language) -> None:
    import json
    from dataclasses import asdict

    from grader.report.comparison import render_changes
    from grader.report.drawing import make_console

    if form == "json":
        shown = [asdict(change) for change in changes if change.marks]
        click.echo(json.dumps({"files": regrading.files, "changes": shown}, indent=2, ensure_ascii=False))
    else:
        render_changes(changes, regrading.files, make_console(), language)


def _read_verdict(file: Path) -> Verdict:
    from pydantic import ValidationError

    from grader.verdict import Verdict

    try:
        return Verdict.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(
            f"it is no verdict for a reviewer: {where + ': ' if where else ''}{first['msg']}",
            file=file, cure="Take the file that `grade submit --format json` or `grade batch` wrote",
        ) from None  # fmt: skip
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror}", file=file, cure="Check the path") from None


def _see_the_same_suite(before: Verdict, question: AnyQuestion, file: Path) -> None:
    """Refuse what could not come out the same.

    Raises:
        InputError: names the files of the question that changed.
    """
    from grader.exam.fingerprint import changed, fingerprint

    if not before.suite:
        return  # what could not be read was not run
    files = changed(before.suite, fingerprint(question))
    if files:
        fault = f"it cannot be repeated: of {question.qualified_id}, {', '.join(files)} changed after it was graded"
        cure = "Bring the old files back; or grade by the new ones: `grade submit`, or `grade regrade` for a batch"
        raise InputError(fault, file=file, cure=cure)


def _see_the_same_judge(before: Verdict, judge: Judge | None, file: Path) -> None:
    """Refuse to repeat without a person, or a model, what one of them has said.

    Raises:
        InputError: says who is missing.
    """
    decided = sum(check.detail is not None and check.detail.decision is not None for check in before.checks)
    if decided:
        cure = "Repeat the verdict before it, under history/ of the batch"
        raise InputError(f"it cannot be repeated: a person decided on {decided} key points", file=file, cure=cure)
    asked = judge.model.identity if judge is not None else ""
    if before.judge and before.judge != asked:
        fault = f"it cannot be repeated: {before.judge} was asked, and now {asked or 'no model'} would be"
        raise InputError(fault, file=file, cure="Name the same model by --judge and --judge-server")


@contextlib.contextmanager
def _submission_of(file: Path, submission: Path | None, before: Verdict) -> Iterator[Path]:
    """Give the path of what was graded."""
    from grader.records import BatchFolder, found_again

    root = file.resolve().parent.parent.parent
    results = BatchFolder(root)
    if submission is not None:
        yield submission
        return
    if not results.exists:
        raise InputError("the submission is missing", cure=f"Name it: grade rerun {file} {before.submission.name}")
    record = results.record()
    own = file.resolve().relative_to(root).as_posix()
    entry = next((entry for entry in record.entries if entry.file == own), None)
    if entry is None:
        raise InputError("the batch knows no such verdict", file=file, cure="Name the submission after the verdict")
    with found_again(record) as paths:
        if entry not in paths:
            raise InputError(
                f"the submission of {entry.candidate!r} is not there any more",
                file=record.source, cure="Name the submission after the verdict",
            )  # fmt: skip
        yield paths[entry]


def _read_again(path: Path, question: AnyQuestion, before: Verdict) -> Submission | Path:
    """Read a submission, and see that it is the one that was graded."""
    from grader.errors import SubmissionError
    from grader.submission import read_submission

    anonymous = path.name != before.submission.name
    try:
        submission = read_submission(path, question.spec, anonymous=anonymous)
    except SubmissionError:
        return path
    if before.submission.sha256 and submission.sha256 != before.submission.sha256:
        now, then = submission.sha256[:12], before.submission.sha256[:12]
        fault = f"it is not what was graded: its SHA-256 begins with {now}, not with {then}"
        raise InputError(fault, file=path, cure="Name the submission that the verdict is about")
    return submission
