"""The report a person reads at a terminal: what went wrong, where, and what to think about."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.question import Visibility
from grader.report import excerpt, wording
from grader.report.candidate import candidate_report, group_scores
from grader.report.drawing import Pen, indented, make_page, make_pen, page_text, show
from grader.report.reader import Audience, Reader
from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grader.question import Language
    from grader.report.candidate import CandidateReport, Failure, GroupScore, HiddenGroup
    from grader.verdict import CheckResult, Detail, Isolation, Usage, Verdict

    Part = RenderableType

_STATUS_STYLES = {
    Status.ACCEPTED: "green",
    Status.PARTIAL: "yellow",
    Status.REJECTED: "red",
    Status.INVALID: "magenta",
    Status.UNGRADED: "cyan",
    Status.BROKEN: "cyan",
}


def render_terminal(
    verdict: Verdict,
    audience: Audience,
    language: Language,
    *,
    source: Mapping[str, str] = {},
    console: Console,
) -> None:
    """Draw the report on a console; what is no terminal gets plain text."""
    pen = make_pen(console, language)
    if audience is Audience.REVIEWER:
        show(console, _reviewer_parts(verdict, source, pen))
    else:
        show(console, _candidate_parts(candidate_report(verdict, source), source, pen))


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


def _candidate_parts(report: CandidateReport, source: Mapping[str, str], pen: Pen) -> list[Part]:
    """Compose the report from the candidate's document alone: what is not in it cannot be drawn."""
    return [
        *_head(report, pen),
        *_reason(report, source, pen),
        *_groups(report.groups, pen),
        *_failing(report.public, source, pen),
        *_hidden(report.hidden, source, pen),
        *_speeds(...),
    ]
