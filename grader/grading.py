"""The sentence: a question and a submission make a plan, a run and a verdict."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from grader.answers.marking import mark
from grader.errors import SubmissionError
from grader.exam.fingerprint import fingerprint
from grader.exam.supervisor import execute
from grader.plan import make_plan
from grader.policy import violations
from grader.rubric import ConceptQuestion
from grader.score import score, unread
from grader.submission import Submission, SyntaxFault, read_submission
from grader.verdict import Level, Outcome, RawResult, Run, SourceLine, Status, SubmissionId, Verdict

if TYPE_CHECKING:
    from grader.answers.judge import Judge
    from grader.plan import Plan
    from grader.question import Visibility
    from grader.rubric import AnyQuestion

SEED_BITS = 63


class Exam(Protocol):
    """A question made ready, or several: a `WarmExam`."""

    def execute(self, plan: Plan) -> Run:
        """Run the checks of a plan."""


def grade(
    question: AnyQuestion,
    submission: Path | str | Submission,
    *,
    seed: int | None = None,
    isolation: Level | None = None,
    only: Visibility | None = None,
    exam: Exam | None = None,
    judge: Judge | None = None,
) -> Verdict:
    """Grade one submission to one question.

    Args:
        question: from `load_bank().find(id)`.
        submission: a `.py`, `.ipynb`, folder or zip, or one already read; for a question that asks for words, its form.
        seed: of this grading; secret and fresh unless given. The verdict records it, so that a grading can be repeated.
        isolation: level to insist on; by default the strongest this machine allows.
        only: grade the public or the hidden checks alone.
        exam: the question made ready, when many submissions are graded; it fixes the isolation.
        judge: a language model for key points that the rules leave open, where the question allows one.

    Returns:
        The verdict; a submission that cannot be read is a verdict too (`invalid`).

    Raises:
        InputError: there is no such file.
        IsolationError: the isolation insisted on cannot be had.
    """
    seed = secrets.randbits(SEED_BITS) if seed is None else seed
    if isinstance(question, ConceptQuestion):
        return _grade_words(question, submission, seed, judge)
    if not isinstance(submission, Submission):
        path = Path(submission)
        try:
            submission = read_submission(path, question.spec)
            found = violations(submission, question.spec.forbidden)
        except SubmissionError as error:
            if not path.exists():  # a misuse, not a submission
                raise
            return unreadable(question, path, seed, error)
    else:
        found = violations(submission, question.spec.forbidden)
    if question.spec.environment.device == "cuda" and not _has_cuda():
        reason = "the question needs a CUDA GPU, which this machine lacks"
        return unread(question, _identity(submission), seed, reason, status=Status.UNGRADED)
    plan = make_plan(question, submission, seed=seed, violations=found, only=only, level=isolation)
    run = refuse(plan) if plan.violations else exam.execute(plan) if exam is not None else execute(plan)
    verdict = score(question, plan.checks, _identity(submission), seed, run)
    return verdict.model_copy(update={"notes": submission.notes + verdict.notes, "suite": fingerprint(question)})


def _grade_words(
    question: ConceptQuestion, submission: Path | str | Submission, seed: int, judge: Judge | None
) -> Verdict:
    """Grade an answer in words, in this process: text is data, and nothing of it is run."""
    path = Path(submission.name if isinstance(submission, Submission) else submission)
    identity = None
    try:
        if not isinstance(submission, Submission):
            submission = read_submission(path, question.spec)
        identity = _identity(submission)
        verdict = mark(question, submission, seed=seed, judge=judge)
    except SubmissionError as error:
        if identity is not None:
            return unread(question, identity, seed, str(error))
        if not path.exists():  # a misuse, not a submission
            raise
        return unreadable(question, path, seed, error)
    return verdict.model_copy(update={"suite": fingerprint(question)})


def refuse(plan: Plan) -> Run:
    """Run nothing: the submission uses what the question forbids, and every check says so."""
    reasons = "; ".join(f"{v.label}, line {v.line}: {v.name}" for v in plan.violations)
    return Run(
        tuple(
            RawResult(check.name, check.visibility, Outcome.FORBIDDEN, f"the question forbids what stands at {reasons}")
            for check in plan.checks
        ),
    )


def _identity(submission: Submission) -> SubmissionId:
    return SubmissionId(name=submission.name, sha256=submission.sha256)


def unreadable(question: AnyQuestion, path: Path, seed: int, error: SubmissionError) -> Verdict:
    """Return the verdict on what cannot be read: `invalid`, or `broken` where it is no longer there."""
    identity = SubmissionId(name=path.name, sha256="")
    if isinstance(error, SyntaxFault):
        place = SourceLine(file=error.label, line=error.line, function="", text=error.text)
        return unread(question, identity, seed, error.fault, location=place, column=error.column)
    return unread(question, identity, seed, str(error), status=Status.INVALID if path.exists() else Status.BROKEN)


def _has_cuda() -> bool:
    from grader.sandbox.launch import accelerators

    return bool(accelerators())
