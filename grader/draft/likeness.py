"""Which questions of a bank a statement resembles, by the phrases they share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.bank import statement
from grader.draft.record import Likeness
from grader.question import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.question import Question
    from grader.rubric import AnyQuestion

PHRASE = 3
"""Words in a row; a Chinese character is a word."""
LEAST_SHARE = 0.3
"""From here on two statements are said to resemble each other."""
_WORD = re.compile(r"[\u4e00-\u9fff]|[^\W_]+")


def phrases(text: str) -> frozenset[tuple[str, ...]]:
    """Return every few words in a row of a text, in lower case."""
    words = _WORD.findall(text.lower())
    return frozenset(tuple(words[start : start + PHRASE]) for start in range(len(words) - PHRASE + 1))


def share(text: str, other: str) -> float:
    """Return the part of the shorter text's phrases that the longer one has too."""
    mine, theirs = phrases(text), phrases(other)
    shorter = min(len(mine), len(theirs))
    return len(mine & theirs) / shorter if shorter else 0.0


def alike(question: Question, others: Iterable[AnyQuestion], least: float = LEAST_SHARE) -> tuple[Likeness, ...]:
    """Return the questions whose statement resembles this one's in some language, the likest first."""
    mine = {language: statement(question, language) for language in LANGUAGES}
    found = []
    for other in others:
        value = max(share(mine[language], statement(other, language)) for language in LANGUAGES)
        if value >= least:
            found.append(Likeness(id=other.qualified_id, share=round(value, 2)))
    return tuple(sorted(found, key=lambda each: -each.share))
