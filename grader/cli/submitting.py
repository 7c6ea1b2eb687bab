"""`grade submit` and `grade try`: a submission becomes a verdict, a verdict becomes a report and an exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.judging import judge_options, named_judge
from grader.cli.options import bank_option, isolation_option, language_option, seed_option, watch_option
from grader.errors import BrokenError, InputError, SubmissionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.answers.judge import Judge
    from grader.question import Language, Visibility
    from grader.report import Reader
    from grader.rubric import AnyQuestion, AnySpec
    from grader.verdict import Verdict

FORMATS = ("terminal", "json", "junit", "gradescope", "html")
# what a person at a screen or a candidate reads by default shows no hidden check; what a pipeline reads is whole
REVIEWER_BY_DEFAULT = {"json", "junit"}


@click.command()
@click.argument("id")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="terminal", show_default=True, help="Form of the report."
)
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the report there.")
@click.option(
    "--audience", type=click.Choice(["candidate", "reviewer"]), default=None,
    help="Who will read it. By default a reviewer for json and junit, a candidate otherwise.",
)  # fmt: skip
@watch_option
@judge_options
@seed_option
@isolation_option
@language_option
@bank_option
def submit(
    id: str,  # noqa: A002  the word of the command line
    file: Path,
    form: str,
    output: Path | None,
    audience: str | None,
    watch: bool,
    judge_name: str | None,
    judge_server: str | None,
    judge_seconds: float,
    seed: int | None,
    isolation: str | None,
    language: Language,
    bank_folder: Path | None,
) -> int:
    """Grade FILE (a .py, .ipynb, folder or zip) as an answer to the question ID.

    Exit code 0: accepted. 1: not accepted. 2: misused or unreadable. 3: the grader could not do its work. 4:
    provisional, for something waits for a person.

    \b
    Example:
      grade submit gan-step solution.py --format json --output verdict.json
      grade submit gan-step solution.py --watch
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank
    from grader.report import Audience, Reader

    _check_output(output)
    if watch and form != "terminal" and output is None:
        raise click.UsageError(f"--watch shows the terminal report; for {form} give --output as well.")
    reader = audience or ("reviewer" if form in REVIEWER_BY_DEFAULT else "candidate")

    def find() -> AnyQuestion:
        question = load_bank(bank_folder).find(id)
        _warn_unless_proven(question)
        return question

    def tell(question: AnyQuestion, verdict: Verdict) -> None:
        _deliver(_report(verdict, question, file, form, reader, language, to_screen=output is None), output)

    def judge(question: AnyQuestion) -> Judge | None:
        return named_judge(judge_name, judge_server, judge_seconds, [question])

    return _grade(find, file, tell, Reader(Audience(reader), language), seed, isolation, watch=watch, judge=judge)


@click.command("try")
@click.argument("id")
@click.argument("file", type=click.Path(path_type=Path))
@watch_option
@seed_option
@isolation_option
@language_option
@bank_option
def try_public(
    id: str,  # noqa: A002  the word of the command line
    file: Path,
    watch: bool,
    seed: int | None,
    isolation: str | None,
    language: Language,
    bank_folder: Path | None,
) -> int:
    """Run only the public tests of the question ID on FILE.

    \b
    Example:
      grade try fedavg work/solution.py --watch
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank
    from grader.question import Visibility
    from grader.report import Audience, Reader

    def find() -> AnyQuestion:
        return load_bank(bank_folder).find_code(id)

    def tell(question: AnyQuestion, verdict: Verdict) -> None:
        _deliver(_report(verdict, question, file, "terminal", "candidate", language, to_screen=True), None)
        click.echo(_what_is_hidden(question, verdict, language))

    reader = Reader(Audience.CANDIDATE, language)
    return _grade(find, file, tell, reader, seed, isolation, only=Visibility.PUBLIC, watch=watch)


def _grade(
    find: Callable[[], AnyQuestion],
    file: Path,
    tell: Callable[[AnyQuestion, Verdict], None],
    reader: Reader,
    seed: int | None,
    isolation: str | None,
    *,
    only: Visibility | None = None,
    watch: bool,
    judge: Callable[[AnyQuestion], Judge | None] = lambda _question: None,
) -> int:
    """Grade and tell, once or at every save; return the exit code. A model is not asked at every save."""
    from grader.grading import grade
    from grader.verdict import Level

    level = Level(isolation) if isolation else None
    if watch:
        from grader.cli import watching

        return watching.watch(watching.Job(find, file, tell, reader, seed, level, only))
    question = find()
    verdict = grade(question, file, seed=seed, isolation=level, only=only, judge=judge(question))
    tell(question, verdict)
    return exit_code(verdict)


def _warn_unless_proven(question: AnyQuestion) -> None:
    """Say on the error stream that a question's suite may be wrong."""
    from grader.proof.ledger import State, state_of

    state = state_of(question)
    if state is not State.PROVEN:
        reason = "has changed since it was proven" if state is State.STALE else "is not proven"
        click.echo(f"Warning: {question.id} {reason}; `grade verify {question.id}` says whether it is sound.", err=True)


def _what_is_hidden(question: AnyQuestion, verdict: Verdict, language: Language) -> str:
    """Say what was not tried, so that nobody takes the public tests for the whole."""
    from grader.question import Visibility
    from grader.verdict import Outcome

    passed = sum(check.outcome is Outcome.PASSED for check in verdict.checks)
    hidden = [check for check in question.checks if check.visibility is Visibility.HIDDEN]
    groups: dict[str, float] = {}
    for check in hidden:
        group = check.group.in_language(language)
        groups[group] = groups.get(group, 0.0) + check.points
    share = sum(groups.values()) / question.max_points if question.max_points else 0.0
    weights = "\n".join(f"  {points:g}  {group}" for group, points in groups.items())
    if language == "zh":
        return (
            f"公开测试：{len(verdict.checks)} 项中通过 {passed} 项。"
            f"另有 {len(hidden)} 项隐藏检查，分为 {len(groups)} 组，决定 {share:.0%} 的分数：\n{weights}"
        )
    return (
        f"Public tests passed: {passed} of {len(verdict.checks)}. {len(hidden)} hidden checks in {len(groups)} groups "
        f"decide {share:.0%} of the points:\n{weights}"
    )


def exit_code(verdict: Verdict) -> int:
    """Return 0 accepted, 1 not accepted, 2 unreadable, 3 not graded, 4 provisional."""
    from grader.verdict import Status

    codes = {Status.ACCEPTED: 0, Status.INVALID: 2, Status.BROKEN: 3, Status.UNGRADED: 3, Status.PROVISIONAL: 4}
    return codes.get(verdict.status, 1)


def _check_output(output: Path | None) -> None:
    """Refuse a place that cannot be written before anything is graded."""
    if output is None:
        return
    folder = output.parent
    if not folder.is_dir():
        raise InputError("there is no such folder", file=folder, cure="Make it first; nothing was graded")
    if output.is_dir() or not os.access(output if output.exists() else folder, os.W_OK):
        raise InputError("it cannot be written", file=output, cure="Choose another file; nothing was graded")


def _report(
    verdict: Verdict,
    question: AnyQuestion,
    file: Path,
    form: str,
    audience: str,
    language: Language,
    *,
    to_screen: bool,
) -> str:
    from grader.report import Audience, render

    screen = form == "terminal" and to_screen and sys.stdout.isatty()
    width = min(os.get_terminal_size().columns or 100, 120) if screen else 100  # 0: a terminal that does not know
    return render(
        verdict, form, Audience(audience), language,
        source=_source(file, question.spec), width=width, colour=screen and "NO_COLOR" not in os.environ,
    )  # fmt: skip


def _source(file: Path, spec: AnySpec) -> dict[str, str]:
    """Return a submission's text by the names a traceback uses, to show the lines around a failure."""
    from grader.submission import read_submission

    try:
        return read_submission(file, spec).texts
    except SubmissionError:  # the verdict says why; a single file can be shown as it is
        pass
    try:
        if file.suffix != ".py" or not file.is_file() or file.stat().st_size > 2**21:
            return {}
        return {file.name: file.read_text(encoding="utf-8", errors="replace")}
    except OSError:  # not to be read, or saved anew just now: the report does without its lines
        return {}


def _deliver(text: str, output: Path | None) -> None:
    """Print the report, or write it whole or not at all."""
    from grader.files import write_whole

    if output is None:
        click.echo(text.rstrip("\n"))
        return
    try:
        write_whole(output, text)
    except OSError as error:
        raise BrokenError(
            f"{output}: the report could not be written: {error.strerror}. "
            "Make room there or choose another file, and grade again."
        ) from error
