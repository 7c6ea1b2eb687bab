"""Gradescope's results.json.

A student sees everything in that file that is not marked `hidden`, whoever asked for it. So what stands at the
top is always the candidate's, and what only a reviewer may see stands in tests of its own, each marked `hidden`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.question import Feedback, Visibility
from grader.report.candidate import candidate_report
from grader.report.cases import make_cases
from grader.report.document import as_text
from grader.report.reader import Audience
from grader.report.untrusted import neutral
from grader.report.wording import (
    our_solution,
    say,
    speed_limit,
    speed_measured,
    status_explanation,
    status_word,
)
from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from grader.question import Language
    from grader.report.candidate import CandidateReport
    from grader.report.cases import Case
    from grader.report.reader import Reader
    from grader.verdict import Verdict


def gradescope_results(verdict: Verdict, reader: Reader) -> str:
    """Return the text of results.json."""
    report = candidate_report(verdict, reader.source)
    reviewer = reader.audience is Audience.REVIEWER
    tests = [_test(case, _visibility(case, report, reviewer=reviewer)) for case in make_cases(verdict, reader)]
    results: dict[str, Any] = {"output": _summary(report, reader.language), "stdout_visibility": "hidden"}
    if reviewer:
        tests.append(_reviewer_test(verdict, reader.language))
        hidden = report.feedback is Feedback.NONE or report.status is Status.PROVISIONAL
        results["visibility"] = "hidden" if hidden else "visible"
    if reviewer or report.points is not None:
        results |= {"score": verdict.points, "extra_data": {"max_score": verdict.max_points}}
    else:
        tests.append(_status_test(report, reader.language))
    return as_text(results | {"tests": tests})


def _visibility(case: Case, report: CandidateReport, *, reviewer: bool) -> str:
    shown = case.visibility is Visibility.PUBLIC and bool(report.public)
    return "hidden" if reviewer and not shown else "visible"


def _test(case: Case, visibility: str) -> dict[str, Any]:
    return {
        "name": case.name,
        "score": case.points,
        "max_score": case.max_points,
        "status": "passed" if case.outcome is Outcome.PASSED else "failed",
        "output": case.text,
        "visibility": visibility,
    }


def _status_test(report: CandidateReport, language: Language) -> dict[str, Any]:
    """Return a test worth nothing: Gradescope refuses results without any score."""
    return {
        "name": status_word(report.status, language),
        "score": 0,
        "max_score": 0,
        "status": "passed" if report.status is Status.ACCEPTED else "failed",
        "output": "",
        "visibility": "visible",
    }


def _reviewer_test(verdict: Verdict, language: Language) -> dict[str, Any]:
    seed = say(language, "seed {seed}, rerun exactly with --seed {seed}", seed=verdict.seed)
    text = [seed, neutral(verdict.message), neutral(verdict.output)]
    name = say(language, "For the reviewer")
    return {
        "name": name,
        "score": 0,
        "max_score": 0,
        "output": "\n".join(filter(None, text)),
        "visibility": "hidden",
    }


def _summary(report: CandidateReport, language: Language) -> str:
    lines = [
        status_word(report.status, language),
        status_explanation(report.status, language),
        report.message,
    ]
    for speed in report.performance:
        lines.append(speed_limit(speed.limit, say(language, our_solution(speed.limit)), language, speed.quantity))
        lines.append(speed_measured(speed.limit, speed.ratio, speed.low, speed.high, language))
    return "\n".join(neutral(line) for line in [*lines, *report.notes, report.output] if line)
