"""An answer in words becomes a verdict: one check for a choice, one for each key point of a free answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader import __version__
from grader.answers import choice
from grader.answers.conclusion import conclude
from grader.answers.form import read_choice, read_text
from grader.answers.settlement import settle
from grader.answers.short import Standing, read_answer
from grader.question import Feedback, Text
from grader.rubric import ChoiceSpec, Referee
from grader.verdict import CheckResult, Detail, Outcome, Status, SubmissionId, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.answers.judge import Judge
    from grader.answers.settlement import Settlement
    from grader.question import Check
    from grader.rubric import ConceptQuestion, ShortSpec
    from grader.submission import Submission

_OUTCOMES = {
    Standing.MET: Outcome.PASSED,
    Standing.CONTRADICTED: Outcome.CONTRADICTED,
    Standing.NOT_MET: Outcome.NOT_MET,
    None: Outcome.UNDECIDED,
}


def mark(question: ConceptQuestion, submission: Submission, *, seed: int, judge: Judge | None = None) -> Verdict:
    """Say what an answer is worth, or which of its key points wait for a person.

    Args:
        question: a choice or a short question.
        submission: the form, as it came back.
        seed: of this grading; the orders in which a model is asked follow from it, and nothing else is drawn.
        judge: the model that the examiner named; asked only where the question allows it.

    Raises:
        SubmissionError: it is not the form of this question, or holds no answer.
    """
    started, spec = time.monotonic(), question.spec
    seen = (
        _see_choice(question, spec, submission)
        if isinstance(spec, ChoiceSpec)
        else _see_text(question, spec, submission, judge, key=str(seed).encode())
    )
    concluded = conclude(seen.checks)
    return Verdict(
        question=question.qualified_id,
        title=spec.title,
        submission=SubmissionId(name=submission.name, sha256=submission.sha256),
        status=concluded.status,
        points=concluded.points,
        max_points=question.max_points,
        message=concluded.message,
        checks=seen.checks,
        answer=seen.answer if concluded.status is Status.PROVISIONAL else "",
        judge=seen.judge,
        notes=seen.notes,
        seed=seed,
        grader=__version__,
        feedback=spec.feedback,
        seconds=round(time.monotonic() - started, 3),
    )


@dataclass(frozen=True)
class _Seen:
    """What became of each check, and what a reviewer should know."""

    checks: tuple[CheckResult, ...]
    notes: tuple[str, ...] = ()
    answer: str = ""
    judge: str = ""
    """The model that was asked."""


def _see_choice(question: ConceptQuestion, spec: ChoiceSpec, submission: Submission) -> _Seen:
    chosen = read_choice(question, spec, submission)
    return _Seen(tuple(_choice_result(spec, check, chosen) for check in question.checks))


def _see_text(
    question: ConceptQuestion, spec: ShortSpec, submission: Submission, judge: Judge | None, *, key: bytes
) -> _Seen:
    text = read_text(question, spec, submission)
    reading = read_answer(spec, text)
    settled = settle(spec, reading, text, key=key, judge=judge)
    results = zip(question.checks, settled, strict=True)
    return _Seen(
        tuple(_result(spec, check, settlement, reading.unexplained) for check, settlement in results),
        reading.notes if spec.referee is Referee.RULES else reading.observations,
        text,
        judge.model.identity if judge and any(each.opinions for each in settled) else "",
    )


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


def _result(spec: ShortSpec, check: Check, settlement: Settlement, unexplained: str) -> CheckResult:
    outcome = _OUTCOMES[settlement.standing]
    why = settlement.rules.why if spec.feedback is Feedback.FULL else None
    return CheckResult(
        name=check.name,
        group=check.group,
        visibility=check.visibility,
        outcome=outcome,
        points=check.points if settlement.earned else 0.0,
        max_points=check.points,
        message=settlement.reason,
        hint=None if outcome is Outcome.PASSED else why or check.hint,
        detail=_detail(spec.key_points[check.name].claim.en, settlement, unexplained),
    )


def _detail(claim: str, settlement: Settlement, unexplained: str) -> Detail | None:
    """Return the evidence; of what the rules alone found there is no more to say."""
    if settlement.standing is Standing.MET and not settlement.opinions:
        return None
    return Detail(
        expected=claim,
        actual=settlement.quote or None,
        opinions=settlement.opinions,
        passage=unexplained if settlement.standing is None else None,
    )
