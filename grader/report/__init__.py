"""Views of a verdict: one function each, in a table by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.errors import InputError, did_you_mean
from grader.report.document import json_report
from grader.report.gradescope import gradescope_results
from grader.report.reader import Audience, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.question import Language
    from grader.verdict import Verdict

__all__ = ["VIEWS", "Audience", "Reader", "render"]


def _terminal(verdict: Verdict, reader: Reader) -> str:
    from grader.report.terminal import terminal_view  # rich: not needed for a machine's report

    return terminal_view(verdict, reader)


def _junit(verdict: Verdict, reader: Reader) -> str:
    from grader.report.junit import junit_report  # xml: needed here only

    return junit_report(verdict, reader)


def _html(verdict: Verdict, reader: Reader) -> str:
    from grader.report.pages.submission import html_report  # a style sheet and a tokenizer: needed here only

    return html_report(verdict, reader)


VIEWS: dict[str, Callable[[Verdict, Reader], str]] = {
    "terminal": _terminal,
    "json": json_report,
    "junit": _junit,
    "gradescope": gradescope_results,
    "html": _html,
}


def render(
    verdict: Verdict,
    format: str,  # noqa: A002  the word a person types: --format junit
    audience: Audience,
    language: Language,
    *,
    source: Mapping[str, str] = {},
    width: int = 100,
    colour: bool = False,
) -> str:
    """Return the report of a verdict as text, in one of the formats of `VIEWS`."""
    if format not in VIEWS:
        cure = did_you_mean(format, VIEWS) or f"The formats are {', '.join(VIEWS)}"
        raise InputError(f"no report format {format!r}", cure=cure)
    return VIEWS[format](verdict, Reader(Audience(audience), language, source, width, colour))
