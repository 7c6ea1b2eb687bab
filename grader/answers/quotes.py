"""Whether a quote bears what is said by it: it stands in the answer, in a sentence that claims something."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.answers.negation import denials, supposes
from grader.answers.text import sentences as split
from grader.answers.wording import PLAIN_WINDOW
from grader.verdict import Stance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.answers.text import Sentence

LEAST_WORDS = 2
"""A shorter quote stands in any answer, unless it holds a number; two Chinese characters are a word."""
_END_MARKS = " .,;:!?…。，；：！？\"'"
_WORD = re.compile(r"[a-z0-9_]+|[㐀-䶿一-鿿]{2}")


def fault_of(quote: str, stance: Stance, sentences: Sequence[Sentence], *, bare: bool = False) -> str:
    """Say why a quote does not bear what was said, or return an empty text.

    Args:
        quote: what a model says that the answer says; several sentences in a row at most.
        stance: what the model concludes from it.
        sentences: of the answer.
        bare: whether a sentence that only names things is an answer too, as where a number is asked for.
    """
    parts = [part for each in split(quote) if (part := each.text.strip(_END_MARKS))]
    if not parts:
        return "there is no quote"
    if not any(map(str.isdigit, quote)) and sum(len(_WORD.findall(part)) for part in parts) < LEAST_WORDS:
        return "the quote is too short to say anything"
    found = _places(parts, sentences)
    if not found:
        return "the quote does not stand in the answer"
    if stance is Stance.MET and not bare and not any(sentences[at].claims for at in found):
        return "the quote stands where the answer only names things"
    if stance is Stance.MET and all(_is_denied(parts, sentences[at:]) for at in found):
        return "the quote leaves out that the answer denies it"
    return ""


def _places(parts: Sequence[str], sentences: Sequence[Sentence]) -> list[int]:
    """Return the sentences with which a run begins that holds all parts, one in each."""
    starts = range(len(sentences) - len(parts) + 1)
    return [
        start
        for start in starts
        if all(_find(part, sentences[start + number].text) for number, part in enumerate(parts))
    ]


def _is_denied(parts: Sequence[str], run: Sequence[Sentence]) -> bool:
    return any(
        all(any(denial.covers(*span) for denial in denials(sentence.text, PLAIN_WINDOW)) for span in spans)
        for part, sentence in zip(parts, run, strict=False)
        if not supposes(sentence.text) and (spans := _find(part, sentence.text))
    )


def _find(part: str, text: str) -> list[tuple[int, int]]:
    """Return where whole words of a text are this part."""
    pattern = rf"(?<![a-z0-9_]){re.escape(part)}(?![a-z0-9_])"
    if not re.match(r"[a-z0-9_]", part):
        pattern = pattern.removeprefix("(?<![a-z0-9_])")
    if not re.search(r"[a-z0-9_]$", part):
        pattern = pattern.removesuffix("(?![a-z0-9_])")
    return [match.span() for match in re.finditer(pattern, text)]
