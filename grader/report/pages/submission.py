"""One page for one submission: for a reviewer everything, for a candidate the candidate's report."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.report.candidate import candidate_report, executed, group_scores, measured_speeds
from grader.report.pages.evidence import draw_check, draw_fault, draw_hidden
from grader.report.pages.listing import Listing, draw_listing, find_marks, make_listing
from grader.report.pages.markup import Markup, below, document, element
from grader.report.pages.parts import (
    address_of,
    contents,
    draw_head,
    draw_limits,
    draw_notes,
    draw_output,
    draw_points,
    draw_reason,
    draw_speed,
    section,
)
from grader.report.reader import Audience
from grader.report.untrusted import one_line
from grader.report.wording import our_solution, say, score, seconds
from grader.verdict import Level, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.question import Language
    from grader.report.candidate import CandidateReport, GroupScore, HiddenGroup, Speed
    from grader.report.reader import Reader
    from grader.verdict import CheckResult, Isolation, Verdict

    Addressed = tuple[str, CheckResult]
    Sections = Mapping[str, Sequence[Markup | None]]

_WITHHELD = "The submission printed something. It is not shown, because it may repeat hidden inputs."


@dataclass(frozen=True)
class _Content:
    """What a page shows below its head."""

    report: Verdict | CandidateReport
    reason: Markup | None
    sections: Sections


def html_report(verdict: Verdict, reader: Reader) -> str:
    """Return the page that `reader` may see."""
    return _page(_content(verdict, reader), reader.language)


def evidence(verdict: Verdict, reader: Reader, address: str) -> Markup:
    """Return what that page shows below its head, to stand on another page.

    Args:
        verdict: of one submission.
        reader: who may see it.
        address: below which its own addresses are put.
    """
    content = _content(verdict, reader)
    body = [section(*each) for each in _sections(content, reader.language)]
    return below(address, content.reason, body)


def candidate_page(report: CandidateReport, language: Language) -> str:
    """Return the page of the candidate, made from the candidate's document alone: what is not in it cannot be shown."""
    return _page(_for_candidate(report, language), language)


def _content(verdict: Verdict, reader: Reader) -> _Content:
    if reader.audience is Audience.REVIEWER:
        return _for_reviewer(verdict, reader.source, reader.language)
    return _for_candidate(candidate_report(verdict, reader.source), reader.language)


def _for_candidate(report: CandidateReport, language: Language) -> _Content:
    place = draw_fault(report.location, report.column, Listing(), language) if report.location else None
    checks = [draw_check(check, f"check-{index}", Listing(), language) for index, check in enumerate(report.public, 1)]
    withheld = element("p", say(language, _WITHHELD)) if report.output_withheld else None
    sections: Sections = {
        "Points": [draw_points(report.groups, language, linked=False)],
        "Public checks": [element("ul", *checks, class_="checks") if checks else None],
        "Hidden checks": [_hidden_group(group, language) for group in report.hidden if group.failures],
        "Performance": [_candidate_speed(speed, language) for speed in report.performance],
        "Limits": draw_limits(report.usage, language) if report.usage else [],
        "Notes": [draw_notes(report.notes)],
        "Output of the submission": [draw_output(report.output, language), withheld],
    }
    return _Content(report, draw_reason(report, place, language), sections)


def _for_reviewer(verdict: Verdict, source: Mapping[str, str], language: Language) -> _Content:
    """Return the evidence behind every point; `source` is the submission's own text."""
    listing = make_listing(source)
    addressed = [(f"check-{index}", check) for index, check in enumerate(executed(verdict), 1)]
    marks = find_marks((each for each in addressed if each[1].outcome is not Outcome.PASSED), verdict.location, listing)
    groups = group_scores(check for _, check in addressed)
    place = draw_fault(verdict.location, verdict.column, listing, language) if verdict.location else None
    sections: Sections = {
        "Points": [draw_points(groups, language, linked=True)],
        "Checks": [_group(*each, addressed, listing, language) for each in enumerate(groups, 1)],
        "Performance": _reviewer_speeds(verdict, language),
        "Source": draw_listing(listing, source, marks, language),
        "Limits": draw_limits(verdict.usage, language),
        "Notes": [draw_notes(verdict.notes)],
        "Output of the submission": [draw_output(verdict.output, language)],
        "How it was graded": [_provenance(verdict, language)],
    }
    return _Content(verdict, draw_reason(verdict, place, language), sections)


def _sections(content: _Content, language: Language) -> list[tuple[str, str, list[Markup]]]:
    """Return address, heading and parts of each section; one without parts is left out."""
    return [
        (address_of(phrase), say(language, phrase), parts)
        for phrase, given in content.sections.items()
        if (parts := [part for part in given if part])
    ]


def _page(content: _Content, language: Language) -> str:
    """Return a page with a table of contents."""
    report, sections = content.report, _sections(content, language)
    title = one_line(f"{report.submission.name} · {report.title.in_language(language)}")
    body = element("main", content.reason, [section(*each) for each in sections])
    return document(title, language, draw_head(report, language), contents(sections, say(language, "Contents")), body)


def _candidate_speed(speed: Speed, language: Language) -> Markup:
    name = speed.group.in_language(language) if speed.group else ""
    return draw_speed(name, speed, say(language, our_solution(speed.limit)), (), language)


def _hidden_group(group: HiddenGroup, language: Language) -> Markup:
    return element(
        "div",
        element("h3", one_line(group.group.in_language(language)), _worth(group, language)),
        draw_hidden(group, language),
    )


def _worth(group: GroupScore | HiddenGroup, language: Language) -> Markup | None:
    if not group.max_points:
        return None
    return element("span", score(group.points, group.max_points, language), class_="aside")


def _group(
    number: int, group: GroupScore, addressed: Sequence[Addressed], listing: Listing, language: Language
) -> Markup:
    checks = [
        draw_check(check, address, listing, language)
        for address, check in addressed
        if check.group.en == group.group.en
    ]
    heading = element("h3", one_line(group.group.in_language(language)), _worth(group, language))
    return element("div", heading, element("ul", *checks, class_="checks"), id=f"group-{number}")


def _reviewer_speeds(verdict: Verdict, language: Language) -> list[Markup]:
    pairs = zip(verdict.performance, measured_speeds(verdict), strict=True)
    return [draw_speed(result.name, speed, result.against, result.ratios, language) for result, speed in pairs]


def _provenance(verdict: Verdict, language: Language) -> Markup:
    isolation, level = verdict.isolation, verdict.isolation.level if verdict.isolation else None
    versions = {"grader": verdict.grader, **verdict.environment}
    rows = [
        ("isolation", element("p", level.value) if level else None),
        ("layers", _layers(isolation, language) if isolation else None),
        ("versions", element("p", ", ".join(f"{name} {version}" for name, version in versions.items()))),
        ("duration", element("p", seconds(verdict.seconds)) if verdict.seconds else None),
        ("seed", element("p", element("code", str(verdict.seed)))),
        ("content", element("p", "sha256 ", element("code", one_line(verdict.submission.sha256)))),
        ("rerun", element("pre", _rerun(verdict, level))),
    ]
    terms = [
        element("div", element("dt", say(language, label)), element("dd", value)) for label, value in rows if value
    ]
    return element("dl", *terms, class_="evidence")


def _layers(isolation: Isolation, language: Language) -> list[Markup]:
    layers = element("p", ", ".join(isolation.layers) or say(language, "none"))
    missing = ", ".join(f"{layer} ({reason})" for layer, reason in isolation.missing.items())
    return [layers, element("p", say(language, "missing: {layers}", layers=missing))] if missing else [layers]


def _rerun(verdict: Verdict, level: Level | None) -> str:
    """Return the command that grades the same file in the same way, and the one that compares with the JSON report."""
    words = ["grade", "submit", verdict.question, verdict.submission.name, "--seed", str(verdict.seed)]
    words += ["--isolation", level.value] if level is Level.BASIC else []  # which is never taken unasked
    again = ["grade", "rerun", "VERDICT.json", verdict.submission.name]
    return "\n".join(shlex.join(map(one_line, command)) for command in (words, again))
