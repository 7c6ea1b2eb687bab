"""The report a person reads at a terminal: what went wrong, where, and what to think about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.report.amounts import amounts
from grader.report.candidate import candidate_report, executed, group_scores, measured_speeds
from grader.report.drawing import indented, make_page, make_pen, page_text, show
from grader.report.evidence import failing_check, hidden_group
from grader.report.excerpt import fault
from grader.report.reader import Audience
from grader.report.untrusted import one_line
from grader.report.wording import (
    our_solution,
    score,
    speed_limit,
    speed_measured,
    speed_word,
    status_explanation,
    status_word,
)
from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grader.question import Language
    from grader.report.candidate import CandidateReport, GroupScore, Speed
    from grader.report.drawing import Pen
    from grader.report.reader import Reader
    from grader.verdict import CheckResult, Isolation, PerformanceResult, Usage, Verdict

    Parts = list[RenderableType]

_STYLES = {
    Status.ACCEPTED: "green",
    Status.PARTIAL: "yellow",
    Status.REJECTED: "red",
    Status.PROVISIONAL: "cyan",
    Status.INVALID: "magenta",
    Status.UNGRADED: "cyan",
    Status.BROKEN: "cyan",
}
_WITHOUT_POINTS = {Status.PROVISIONAL, Status.UNGRADED, Status.BROKEN}
_LEVELS = {"good": "green", "fair": "yellow", "bad": "red"}
_WITHHELD = "The submission printed something. It is not shown, because it may repeat hidden inputs."


def render_terminal(
    verdict: Verdict,
    audience: Audience,
    language: Language,
    *,
    source: Mapping[str, str] = {},
    console: Console,
) -> None:
    """Draw the report on a console; what is no terminal gets plain text."""
    pen = make_pen(console, language, source)
    if Audience(audience) is Audience.REVIEWER:
        show(console, _reviewer_parts(verdict, pen))
    else:
        show(console, _candidate_parts(candidate_report(verdict, source), pen))


def terminal_text(
    verdict: Verdict,
    audience: Audience,
    language: Language,
    *,
    source: Mapping[str, str] = {},
    width: int = 100,
    colour: bool = False,
) -> str:
    """Return the report as text, with terminal colours only where asked for."""
    console = make_page(width, colour=colour)
    render_terminal(verdict, audience, language, source=source, console=console)
    return page_text(console)


def terminal_view(verdict: Verdict, reader: Reader) -> str:
    """Return the report as `reader` wants it."""
    return terminal_text(
        verdict,
        reader.audience,
        reader.language,
        source=reader.source,
        width=reader.width,
        colour=reader.colour,
    )


def _candidate_parts(report: CandidateReport, pen: Pen) -> Parts:
    """Compose the report from the candidate's document alone: what is not in it cannot be drawn."""
    hidden = [hidden_group(group, pen) for group in report.hidden if group.failures]
    speeds = [_candidate_speed(speed, pen) for speed in report.performance]
    notes = [*report.notes, pen.say(_WITHHELD)] if report.output_withheld else report.notes
    return [
        *_head(report, pen),
        *_reason(report, pen),
        *pen.section("Points", _groups(report.groups, pen)),
        *pen.section("Failing checks", _failing(report.public, pen)),
        *pen.section("Hidden checks", hidden),
        *pen.section("Performance", speeds),
        *pen.section("Limits", _limits(report.usage, pen) if report.usage else []),
        *pen.section("Notes", [pen.block(f"- {note}") for note in notes]),
        *pen.section("Output of the submission", _output(report.output, pen)),
    ]


def _reviewer_parts(verdict: Verdict, pen: Pen) -> Parts:
    speeds, checks = measured_speeds(verdict), executed(verdict)
    waiting = [check for check in checks if check.outcome is Outcome.UNDECIDED]
    return [
        *_head(verdict, pen),
        *_reason(verdict, pen),
        *pen.section("Points", _groups(group_scores(checks), pen)),
        *pen.section("Waiting for a person", _drawn(waiting, pen)),
        *pen.section("Found by a model or a person", _drawn(filter(_was_judged, checks), pen)),
        *pen.section("Failing checks", _failing((each for each in checks if each not in waiting), pen)),
        *pen.section(
            "Performance",
            [_reviewer_speed(*pair, pen) for pair in zip(verdict.performance, speeds, strict=True)],
        ),
        *pen.section("Limits", _limits(verdict.usage, pen)),
        *pen.section("Notes", [pen.block(f"- {note}") for note in verdict.notes]),
        *pen.section("Output of the submission", _output(verdict.output, pen)),
        *_provenance(verdict, pen),
    ]


def _head(document: Verdict | CandidateReport, pen: Pen) -> Parts:
    title = pen.line(document.title.in_language(pen.language), "bold")
    submission = pen.line(document.submission.name)
    digest = one_line(document.submission.sha256)[:12]
    return [
        Text.assemble(title, "  ", pen.line(document.question, "dim")),
        Text.assemble(submission, (f"  sha256 {digest}" if digest else "", "dim")),
        Text(),
        _result(document, pen),
    ]


def _result(document: Verdict | CandidateReport, pen: Pen) -> Text:
    style = _STYLES[document.status]
    word = status_word(document.status, pen.language).upper()
    badge = Text(word, style="bold") if pen.plain else Text(f" {word} ", style=f"bold reverse {style}")
    if document.status in _WITHOUT_POINTS or document.points is None or not document.max_points:
        return badge
    points = score(document.points, document.max_points, pen.language)
    share = document.points / document.max_points
    return Text.assemble(badge, "  ", (points, "bold"), "  ", pen.bar(share, style, 30), f"  {share:.0%}")


def _reason(document: Verdict | CandidateReport, pen: Pen) -> Parts:
    """Say why there is no result, where there is none."""
    parts: Parts = []
    if explanation := status_explanation(document.status, pen.language):
        parts.append(pen.line(explanation))
    if document.message:
        parts.append(pen.block(document.message, "bold"))
    if document.location is not None:
        parts.append(fault(document.location, document.column, pen))
    return [Text(), *parts] if parts else []


def _groups(groups: Sequence[GroupScore], pen: Pen) -> Parts:
    table = Table.grid(padding=(0, 2, 0, 0))
    for group in groups:
        worth = group.max_points > 0
        style = "green" if group.passed else "yellow" if group.points else "red"
        table.add_row(
            Text.assemble(pen.mark(passed=group.passed), " ", pen.line(group.group.in_language(pen.language))),
            Text(score(group.points, group.max_points, pen.language) if worth else ""),
            pen.bar(group.points / group.max_points, style, 10) if worth else "",
        )
    return [table] if groups else []


def _failing(checks: Iterable[CheckResult], pen: Pen) -> Parts:
    """Draw the checks that did not pass."""
    return _drawn((check for check in checks if check.outcome is not Outcome.PASSED), pen)


def _was_judged(check: CheckResult) -> bool:
    """Tell whether somebody else than the rules gave a check its points."""
    judged = check.detail is not None and bool(check.detail.opinions or check.detail.decision)
    return judged and check.outcome is Outcome.PASSED


def _drawn(checks: Iterable[CheckResult], pen: Pen) -> Parts:
    """Draw checks with the evidence behind each, and an empty line between two."""
    return [part for check in checks for part in (Text(), failing_check(check, pen))][1:]


def _candidate_speed(speed: Speed, pen: Pen) -> RenderableType:
    name = pen.line(speed.group.in_language(pen.language)) if speed.group else Text()
    return _speed(name, speed, pen.say(our_solution(speed.limit)), "", pen)


def _reviewer_speed(result: PerformanceResult, speed: Speed, pen: Pen) -> RenderableType:
    pairs = f", {pen.say('{pairs} pairs', pairs=result.pairs)}"
    return _speed(pen.line(result.name), speed, result.against, pairs, pen)


def _speed(name: Text, speed: Speed, against: str, pairs: str, pen: Pen) -> RenderableType:
    word = Text(speed_word(speed.quantity, pen.language, passed=speed.passed), style="green" if speed.passed else "red")
    measured = speed_measured(speed.limit, speed.ratio, speed.low, speed.high, pen.language)
    asked = speed_limit(speed.limit, against, pen.language, speed.quantity)
    lines = [pen.line(f"{measured}{pairs}"), pen.line(asked, "dim")]
    if not speed.decided:
        lines.append(pen.line(pen.say("undecided after all rounds, counted for the submission"), "cyan"))
    title = Text.assemble(pen.mark(passed=speed.passed), " ", name, "  ", word)
    return Group(title, indented(Group(*lines)))


def _limits(usage: Usage, pen: Pen) -> Parts:
    """Draw what was used, beside what may be used; without limits, nothing."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for each in amounts(usage):
        amount = pen.say("{used} of {limit}", used=each.used, limit=each.limit)
        bar = pen.bar(each.share, _LEVELS[each.level], 10)
        table.add_row(Text(pen.say(each.label)), bar, Text(f"{each.share:.0%}", justify="right"), Text(amount))
    restarts = pen.say("Its process ended early and was started {count} times.", count=usage.guests)
    parts: Parts = [table] if table.row_count else []
    return [*parts, Text(restarts, style="magenta")] if usage.guests > 1 else parts


def _output(output: str, pen: Pen) -> Parts:
    return [pen.block(output, "dim")] if output.strip() else []


def _provenance(verdict: Verdict, pen: Pen) -> Parts:
    """Say how it was isolated, by what it was graded, and how to do it again."""
    seed = pen.say("seed {seed}, rerun exactly with --seed {seed}", seed=verdict.seed)
    versions = ", ".join(f"{name} {version}" for name, version in verdict.environment.items())
    lines = [
        *_isolation(verdict.isolation, pen),
        f"grader {verdict.grader}" + (f", {versions}" if versions else ""),
        seed,
    ]
    return [Text(), *(pen.line(line, "dim") for line in lines)]


def _isolation(isolation: Isolation | None, pen: Pen) -> list[str]:
    if isolation is None:
        return []
    layers = ", ".join(isolation.layers) or pen.say("none")
    line = pen.say("isolation {level}: {layers}", level=isolation.level.value, layers=layers)
    missing = ", ".join(f"{layer} ({reason})" for layer, reason in isolation.missing.items())
    return [f"{line}; {pen.say('missing: {layers}', layers=missing)}" if missing else line]
