"""The rows of a machine's report: one for a check, or one for all hidden checks of a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.question import Visibility
from grader.report.candidate import candidate_report, executed
from grader.report.reader import Audience
from grader.report.untrusted import neutral, one_line
from grader.report.wording import judging_rows, outcome_sentence, repeats, say
from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.question import Language, Text
    from grader.report.candidate import Failure, HiddenGroup
    from grader.report.reader import Reader
    from grader.verdict import CheckResult, Detail, SourceLine, Verdict


@dataclass(frozen=True)
class Case:
    """One row: what was checked, and what became of it."""

    name: str
    group: str
    visibility: Visibility
    outcome: Outcome
    points: float
    max_points: float
    sentence: str
    """What became of it, in one line."""
    text: str
    """The evidence, in as many lines as it takes."""
    seconds: float = 0.0


def make_cases(verdict: Verdict, reader: Reader) -> tuple[Case, ...]:
    """Return the rows that `reader` may see."""
    if reader.audience is Audience.REVIEWER:
        return tuple(_check_case(check, reader.language) for check in executed(verdict))
    report = candidate_report(verdict, reader.source)
    public = tuple(_check_case(check, reader.language) for check in report.public)
    return public + tuple(_group_case(group, reader.language) for group in report.hidden)


def _check_case(check: CheckResult, language: Language) -> Case:
    sentence = outcome_sentence(check.outcome, language)
    return Case(
        name=one_line(check.name),
        group=one_line(check.group.in_language(language)),
        visibility=check.visibility,
        outcome=check.outcome,
        points=check.points,
        max_points=check.max_points,
        sentence=sentence,
        text="\n".join(_evidence(check, sentence, language)),
        seconds=check.seconds,
    )


def _group_case(hidden: HiddenGroup, language: Language) -> Case:
    group = one_line(hidden.group.in_language(language))
    distinct = dict.fromkeys(hidden.failures)
    outcomes = dict.fromkeys(failure.outcome for failure in distinct)
    sentences = [outcome_sentence(outcome, language) for outcome in outcomes] or [
        outcome_sentence(Outcome.PASSED, language)
    ]
    return Case(
        name=say(language, "hidden checks: {group}", group=group),
        group=group,
        visibility=Visibility.HIDDEN,
        outcome=_first_fault(outcomes),
        points=hidden.points,
        max_points=hidden.max_points,
        sentence="; ".join(sentences),
        text="\n".join(line for failure in distinct for line in _failure_lines(failure, language)),
    )


def _first_fault(outcomes: Iterable[Outcome]) -> Outcome:
    """Return what counts for a whole group: the submission's first fault, else ours, else a pass."""
    ranked = sorted(outcomes, key=lambda outcome: not outcome.known)
    return ranked[0] if ranked else Outcome.PASSED


def _evidence(check: CheckResult, sentence: str, language: Language) -> list[str]:
    if check.outcome is Outcome.PASSED:
        return [neutral(check.message)] if check.message else []
    told = check.detail is not None and repeats(check.message, check.detail)
    message = [neutral(check.message)] if check.message and not told else []
    details = _detail_lines(check.detail, language)
    return [sentence, *message, *details, *_hint_lines(check.hint, language)]


def _detail_lines(detail: Detail | None, language: Language) -> list[str]:
    if detail is None:
        return []
    parts = {
        "call": detail.call,
        "expected": detail.expected,
        "got": detail.actual,
        "difference": detail.difference,
        "example": detail.example,
        "exception": detail.exception,
    }
    rows = [*parts.items(), *judging_rows(detail, language)]
    lines = [f"{say(language, label)}: {neutral(value)}" for label, value in rows if value]
    return lines + [_place(frame, language) for frame in detail.traceback]


def _failure_lines(failure: Failure, language: Language) -> list[str]:
    lines = [outcome_sentence(failure.outcome, language)]
    lines += [f"{say(language, 'exception')}: {failure.exception}"] if failure.exception else []
    lines += [_place(frame, language) for frame in failure.traceback]
    return lines + _hint_lines(failure.hint, language)


def _hint_lines(hint: Text | None, language: Language) -> list[str]:
    return [f"{say(language, 'hint')}: {neutral(hint.in_language(language))}"] if hint else []


def _place(frame: SourceLine, language: Language) -> str:
    place = say(language, "{file}, line {line}", file=one_line(frame.file), line=frame.line)
    return f"{place}: {one_line(frame.text)}"
