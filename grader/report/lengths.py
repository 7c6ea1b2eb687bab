"""Texts that nobody would read to their end, cut with a word on how much is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.report.wording import say

if TYPE_CHECKING:
    from grader.question import Language

_LONGEST_LINE = 500
_MOST_LINES = 40
_MOST_CHARACTERS = 4000


def clipped(line: str) -> str:
    """Shorten a line that nobody would read to its end, and say by how much."""
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}… (+{len(line) - _LONGEST_LINE})"


def capped(text: str, language: Language) -> tuple[str, str]:
    """Return the beginning of a text of many lines, and a phrase on the rest; an empty one where that is all."""
    more_lines = text.count("\n") + 1 - _MOST_LINES
    kept = "\n".join(text.split("\n", _MOST_LINES)[:_MOST_LINES])
    if len(kept) > _MOST_CHARACTERS:
        left_out = len(text) - _MOST_CHARACTERS
        return kept[:_MOST_CHARACTERS], say(language, "… and {count} more characters", count=left_out)
    if more_lines > 0:
        return kept, say(language, "… and {count} more lines", count=more_lines)
    return text, ""
