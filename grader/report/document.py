"""The JSON report: for a reviewer the verdict itself, for a candidate the allowed part of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from grader.report.candidate import candidate_report
from grader.report.reader import Audience

if TYPE_CHECKING:
    from grader.report.reader import Reader
    from grader.verdict import Verdict


def json_report(verdict: Verdict, reader: Reader) -> str:
    """Return the report as JSON text."""
    if reader.audience is Audience.REVIEWER:
        return as_text(verdict.as_json())
    return as_text(candidate_report(verdict, reader.source).model_dump(mode="json"))


def as_text(document: dict[str, Any]) -> str:
    """Dump a document readably, with invisible characters as escapes: the same data, and safe to print."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return re.sub(r"[^\n -~]", lambda match: _escaped(match[0]), text) + "\n"


def _escaped(char: str) -> str:
    return char if char.isprintable() else json.dumps(char)[1:-1]
