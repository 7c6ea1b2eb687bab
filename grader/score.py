"""Run in, verdict out: points, status, what is shown. Pure."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from grader import __version__
from grader.verdict import CheckResult, Outcome, RawResult, Run, SourceLine, Status, SubmissionId, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.question import Check, Question
    from grader.rubric import AnyQuestion


def score(question: Question, checks: Sequence[Check], submission: SubmissionId, seed: int, run: Run) -> Verdict:
    """Turn what the examiner saw into a verdict."""
    results = {(raw.visibility, raw.name): raw for raw in run.results}
    graded = tuple(_grade(check, results[check.visibility, check.name]) for check in checks)
    points, possible = sum(result.points for result in graded), sum(result.max_points for result in graded)
    status = _status(graded, run, len(question.spec.submission.exports))
    return Verdict(
        question=question.qualified_id,
        variant_of=question.variant_of,
        title=question.spec.title,
        submission=submission,
        status=status,
        points=points,
        max_points=possible,
        message=_message(status, question, run, graded),
        checks=graded,
        performance=run.performance,
        notes=run.notes + _missing_names(status, run),
        output=run.output,
        usage=run.usage,
        seed=seed,
        isolation=run.isolation,
        grader=__version__,
        environment=run.versions,
        feedback=question.spec.feedback,
        seconds=round(run.seconds, 3),
    )


def unread(
    question: AnyQuestion,
    submission: SubmissionId,
    seed: int,
    message: str,
    *,
    status: Status = Status.INVALID,
    location: SourceLine | None = None,
    column: int | None = None,
) -> Verdict:
    """Return the verdict on a submission that was not run."""
    return Verdict(
        question=question.qualified_id,
        variant_of=question.variant_of,
        title=question.spec.title,
        submission=submission,
        status=status,
        points=0.0,
        max_points=question.max_points,
        message=message,
        location=location,
        column=column,
        seed=seed,
        grader=__version__,
        feedback=question.spec.feedback,
    )


def _grade(check: Check, raw: RawResult) -> CheckResult:
    """Give a check its points: all when it passed, none otherwise."""
    return CheckResult(
        name=check.name,
        group=check.group,
        visibility=check.visibility,
        outcome=raw.outcome,
        points=check.points if raw.outcome is Outcome.PASSED else 0.0,
        max_points=check.points,
        message=raw.message,
        hint=check.hint if raw.outcome is not Outcome.PASSED else None,
        seconds=round(raw.seconds, 4),
        detail=raw.detail if raw.outcome is not Outcome.PASSED else None,
    )


def _status(graded: Sequence[CheckResult], run: Run, exports: int) -> Status:
    if _nothing_defined(run, exports):
        return Status.INVALID
    if run.broken or not graded or any(result.outcome is Outcome.BROKEN for result in graded):
        return Status.BROKEN
    scored = [result for result in graded if result.max_points > 0] or list(graded)
    passed = [result.outcome is Outcome.PASSED for result in scored]
    if all(passed):
        return Status.ACCEPTED
    return Status.PARTIAL if any(passed) else Status.REJECTED


def _nothing_defined(run: Run, exports: int) -> bool:
    """Whether it was loaded and defines none of the names; then no check was run."""
    not_run = all(raw.outcome is Outcome.BROKEN for raw in run.results)
    return not run.broken and not_run and len(run.undefined) == exports


def _message(status: Status, question: Question, run: Run, graded: Sequence[CheckResult]) -> str:
    if status is Status.BROKEN:
        broken = next((r for r in graded if r.outcome is Outcome.BROKEN), None)
        return run.broken or (f"{broken.name}: {broken.message}" if broken else "")
    if status is Status.INVALID:
        asked = ", ".join(question.spec.submission.exports)
        return f"it defines none of the names the question asks for: {asked}. " + " ".join(_suggestions(run))
    return ""


def _missing_names(status: Status, run: Run) -> tuple[str, ...]:
    """Say which exports are missing, where others are there."""
    if status in {Status.INVALID, Status.BROKEN} or not run.undefined:
        return ()
    return (f"it does not define {', '.join(run.undefined)}. " + " ".join(_suggestions(run)),)


def _suggestions(run: Run) -> list[str]:
    pairs = [(name, difflib.get_close_matches(name, run.names, n=1)) for name in run.undefined]
    return [f"It defines {near[0]!r}; rename it to {name!r}." for name, near in pairs if near]
