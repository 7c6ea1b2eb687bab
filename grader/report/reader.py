"""Who reads a report: the audience, the language, and the screen it is drawn for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.question import Language


class Audience(StrEnum):
    """Who a report is written for."""

    CANDIDATE = "candidate"
    REVIEWER = "reviewer"


@dataclass(frozen=True)
class Reader:
    """One reader of a report."""

    audience: Audience
    language: Language = "en"
    source: Mapping[str, str] = field(default_factory=dict)
    """Label to text of the submission's files, for the lines around an exception."""
    width: int = 100
    colour: bool = False
