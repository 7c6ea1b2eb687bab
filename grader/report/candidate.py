"""What a candidate may see: a document of its own, built from an allow-list and never by striking out.

| `feedback` | the candidate sees |
|---|---|
| `none` | the status |
| `score` | the status and the points |
| `category` | and points by group, public checks, categories and hints of hidden failures, speed, limits, notes |
| `full` | and, of a hidden failure, the exception's builtin type and the submission's own lines |

While a verdict is provisional, the status alone.

What the guest reports of a hidden check is itself a channel: the name of an exception class or of a file can be
made from a hidden input, and so can what the submission prints. So a type is shown only where it is a builtin one,
a line only in the text we hold ourselves, and output only where no hidden check was run.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Literal

from grader.question import Feedback, Frozen, Quantity, Text, Visibility
from grader.report.untrusted import source_lines
from grader.verdict import CheckResult, Outcome, SourceLine, Status, SubmissionId, Usage, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_EXPLAINED = {Status.INVALID, Status.UNGRADED}  # the message of `broken` may quote the hidden suite
_NOT_RUN = {Status.INVALID, Status.UNGRADED}
_TOO_MUCH = {Outcome.SLOW, Outcome.HEAVY}
_WITHOUT_HINT = {Outcome.NOT_RUN, Outcome.BROKEN}  # nothing is known of the submission there
_MOST_LINES = 5


class GroupScore(Frozen):
    """The points of one learning outcome, public and hidden checks together."""

    group: Text
    points: float
    max_points: float
    passed: bool
    """Whether every check of it passed."""


class Failure(Frozen):
    """One hidden check that did not pass: its category, and no word of what it tried."""

    outcome: Outcome
    hint: Text | None = None
    exception: str | None = None
    """Builtin type of what was raised; only at feedback `full`."""
    traceback: tuple[SourceLine, ...] = ()
    """The submission's own lines; only at feedback `full`."""


class HiddenGroup(Frozen):
    """What the hidden checks of one learning outcome came to."""

    group: Text
    points: float
    max_points: float
    failures: tuple[Failure, ...] = ()


class Speed(Frozen):
    """A measured ratio of times or of memory, without the name of what it was measured against."""

    group: Text | None
    quantity: Quantity = Quantity.TIME
    ratio: float
    low: float
    high: float
    limit: float
    decided: bool
    passed: bool


class CandidateReport(Frozen):
    """What became of a submission, for the person who wrote it. Its dump is the candidate's JSON report."""

    format: Literal[1] = 1
    question: str
    title: Text
    submission: SubmissionId
    status: Status
    feedback: Feedback
    message: str = ""
    location: SourceLine | None = None
    column: int | None = None
    points: float | None = None
    max_points: float | None = None
    groups: tuple[GroupScore, ...] = ()
    public: tuple[CheckResult, ...] = ()
    hidden: tuple[HiddenGroup, ...] = ()
    performance: tuple[Speed, ...] = ()
    usage: Usage | None = None
    notes: tuple[str, ...] = ()
    output: str = ""
    output_withheld: bool = False
    """Whether the submission printed something that is not shown, because it may repeat hidden inputs."""


def candidate_report(verdict: Verdict, source: Mapping[str, str]) -> CandidateReport:
    """Build what the candidate may see; `source` is the submission's own text, by the label of its files."""
    feedback = verdict.feedback
    final = verdict.status is not Status.PROVISIONAL  # what still waits would be read as lost
    scored = final and feedback is not Feedback.NONE
    detailed = final and feedback in {Feedback.CATEGORY, Feedback.FULL}
    printable = detailed and all(check.visibility is Visibility.PUBLIC for check in verdict.checks)
    return CandidateReport(
        question=verdict.question,
        title=verdict.title,
        submission=verdict.submission,
        status=verdict.status,
        feedback=feedback,
        message=verdict.message if verdict.status in _EXPLAINED else "",
        location=verdict.location if verdict.status is Status.INVALID else None,
        column=verdict.column if verdict.status is Status.INVALID else None,
        points=verdict.points if scored else None,
        max_points=verdict.max_points if scored else None,
        groups=group_scores(executed(verdict)) if detailed else (),
        public=_public(verdict) if detailed else (),
        hidden=_hidden_groups(verdict, source if feedback is Feedback.FULL else None) if detailed else (),
        performance=measured_speeds(verdict) if detailed else (),
        usage=verdict.usage if detailed else None,
        notes=verdict.notes if detailed else (),
        output=verdict.output if printable else "",
        output_withheld=bool(detailed and verdict.output and not printable),
    )


def executed(verdict: Verdict) -> tuple[CheckResult, ...]:
    """Return the checks that say something: none where there was nothing to run them on."""
    return () if verdict.status in _NOT_RUN else verdict.checks


def group_scores(checks: Iterable[CheckResult]) -> tuple[GroupScore, ...]:
    """Return the points of each group, in the order in which the groups first appear."""
    return tuple(
        GroupScore(
            group=members[0].group,
            points=sum(check.points for check in members),
            max_points=sum(check.max_points for check in members),
            passed=all(check.outcome is Outcome.PASSED for check in members),
        )
        for members in _by_group(checks)
    )


def _public(verdict: Verdict) -> tuple[CheckResult, ...]:
    return tuple(check for check in executed(verdict) if check.visibility is Visibility.PUBLIC)


def _hidden(verdict: Verdict) -> tuple[CheckResult, ...]:
    return tuple(check for check in executed(verdict) if check.visibility is not Visibility.PUBLIC)


def _by_group(checks: Iterable[CheckResult]) -> list[list[CheckResult]]:
    groups: dict[str, list[CheckResult]] = {}
    for check in checks:
        groups.setdefault(check.group.en, []).append(check)
    return list(groups.values())


def _hidden_groups(verdict: Verdict, source: Mapping[str, str] | None) -> tuple[HiddenGroup, ...]:
    return tuple(
        HiddenGroup(
            group=members[0].group,
            points=sum(check.points for check in members),
            max_points=sum(check.max_points for check in members),
            failures=tuple(_failure(check, source) for check in members if check.outcome is not Outcome.PASSED),
        )
        for members in _by_group(_hidden(verdict))
    )


def _failure(check: CheckResult, source: Mapping[str, str] | None) -> Failure:
    detail = check.detail
    hint = None if check.outcome in _WITHOUT_HINT else check.hint
    if source is None or detail is None:
        return Failure(outcome=check.outcome, hint=hint)
    return Failure(
        outcome=check.outcome,
        hint=hint,
        exception=_builtin_type(detail.exception),
        traceback=_own_lines(detail.traceback, source),
    )


def _builtin_type(exception: str | None) -> str | None:
    if exception is None:
        return None
    name = exception.partition(":")[0].strip()
    kind = getattr(builtins, name, None)
    return name if isinstance(kind, type) and issubclass(kind, BaseException) else "Exception"


def _own_lines(frames: tuple[SourceLine, ...], source: Mapping[str, str]) -> tuple[SourceLine, ...]:
    texts = {label: source_lines(text) for label, text in source.items()}
    own = [frame for frame in frames if 1 <= frame.line <= len(texts.get(frame.file, ()))]
    return tuple(
        SourceLine(file=frame.file, line=frame.line, function="", text=texts[frame.file][frame.line - 1].strip())
        for frame in own[-_MOST_LINES:]
    )


def measured_speeds(verdict: Verdict) -> tuple[Speed, ...]:
    """Return what was measured, in order, with no name of a check or of a solution."""
    checks = {check.name: check for check in verdict.checks}
    return tuple(
        Speed(
            group=checks[result.name].group if result.name in checks else None,
            quantity=result.quantity,
            ratio=result.ratio,
            low=result.low,
            high=result.high,
            limit=result.limit,
            decided=result.decided,
            passed=result.name not in checks or checks[result.name].outcome not in _TOO_MUCH,
        )
        for result in verdict.performance
    )
