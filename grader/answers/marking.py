"""An answer in words becomes a verdict: one check for a choice, one for each key point of a free answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from grader import __version__
from grader.answers import choice
from grader.answers.form import read_choice, read_text
from grader.answers.short import Standing, read_answer
from grader.question import Feedback, Text
from grader.rubric import ChoiceSpec
from grader.verdict import CheckResult, Detail, Outcome, Status, SubmissionId, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.answers.short import Judgement
    from grader.question import Check
    from grader.rubric import ConceptQuestion, ShortSpec
    from grader.submission import Submission

_OUTCOMES = {
    Standing.MET: Outcome.PASSED,
    Standing.CONTRADICTED: Outcome.CONTRADICTED,
    Standing.NOT_MET: Outcome.NOT_MET,
}


def mark(question: ConceptQuestion, submission: Submission, *, seed: int) -> Verdict:
    """Say what an answer is worth.

    Args:
        question: a choice or a short question.
        submission: the form, as it came back.
        seed: recorded only; nothing here is drawn.

    Raises:
        SubmissionError: it is not the form of this question, or holds no answer.
    """
    started, spec = time.monotonic(), question.spec
    checks, notes = _judge(question, submission)
    return Verdict(
        question=question.qualified_id,
        title=spec.title,
        submission=SubmissionId(name=submission.name, sha256=submission.sha256),
        status=_status(checks),
        points=sum(check.points for check in checks),
        max_points=question.max_points,
        checks=checks,
        notes=notes,
        seed=seed,
        grader=__version__,
        feedback=spec.feedback,
        seconds=round(time.monotonic() - started, 3),
    )


def _judge(question: ConceptQuestion, submission: Submission) -> tuple[tuple[CheckResult, ...], tuple[str, ...]]:
    """Return what became of each check, and what a reviewer should know."""
    spec = question.spec
    if isinstance(spec, ChoiceSpec):
        chosen = read_choice(question, spec, submission)
        return tuple(_choice_result(spec, check, chosen) for check in question.checks), ()
    reading = read_answer(spec, read_text(question, spec, submission))
    judged = zip(question.checks, reading.judgements, strict=True)
    return tuple(_result(spec, check, judgement) for check, judgement in judged), reading.notes


def _status(checks: Sequence[CheckResult]) -> Status:
    if all(check.outcome is Outcome.PASSED for check in checks):
        return Status.ACCEPTED
    return Status.PARTIAL if any(check.points for check in checks) else Status.REJECTED


def _choice_result(spec: ChoiceSpec, check: Check, chosen: frozenset[str]) -> CheckResult:
    right = chosen == spec.right
    mistaken = [option.misconception for name, option in spec.options.items() if name in chosen and not option.right]
    return CheckResult(
        name=check.name,
        group=check.group,
        visibility=check.visibility,
        outcome=Outcome.PASSED if right else Outcome.FAILED,
        points=choice.points(spec, chosen),
        max_points=check.points,
        hint=_together([each for each in mistaken if each]) if spec.feedback is Feedback.FULL else None,
        detail=None if right else Detail(expected=_listed(spec.right), actual=_listed(chosen)),
    )


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _together(texts: Sequence[Text]) -> Text | None:
    if not texts:
        return None
    return Text(en="\n".join(text.en for text in texts), zh="\n".join(text.in_language("zh") for text in texts))


def _result(spec: ShortSpec, check: Check, judgement: Judgement) -> CheckResult:
    met = judgement.standing is Standing.MET
    why = judgement.why if spec.feedback is Feedback.FULL else None
    claim = spec.key_points[check.name].claim.en
    return CheckResult(
        name=check.name,
        group=check.group,
        visibility=check.visibility,
        outcome=_OUTCOMES[judgement.standing],
        points=check.points if met else 0.0,
        max_points=check.points,
        message=judgement.reason,
        hint=None if met else why or check.hint,
        detail=None if met else Detail(expected=claim, actual=judgement.quote or None),
    )
