"""Which questions of a bank a statement resembles: by the phrases they share, and by a model's embeddings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from grader.bank import statement
from grader.draft.record import Likeness, Nearness
from grader.models.embedding import embedded
from grader.question import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from grader.question import Question
    from grader.rubric import AnyQuestion

PHRASE = 3
"""Words in a row; a Chinese character is a word."""
LEAST_SHARE = 0.3
"""From here on two statements are said to resemble each other."""
LEAST_COSINE = 0.5
"""From here on two statements are said to be near each other, once what the whole bank shares is taken off."""
ENOUGH = 8
"""Questions of which a mean tells what they share."""
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


def near(
    question: Question, others: Sequence[AnyQuestion], model: object, *, deadline: float, folder: Path | None = None
) -> tuple[Nearness, ...]:
    """Return the questions whose English statement means something near to this one's, the nearest first.

    Statements of one bank have their form in common, and vectors of language models point the same way whatever the
    text: the mean over the bank is taken off before they are compared.

    Args:
        question: the new one.
        others: of the bank.
        model: that embeds.
        deadline: by `time.monotonic()`.
        folder: where vectors are kept.

    Raises:
        ModelError: there are no vectors to be had.
    """
    if not others:
        return ()
    texts = [statement(each, "en") for each in (question, *others)]
    vectors = embedded(model, texts, deadline=deadline, folder=folder)
    if len(others) >= ENOUGH:
        vectors = vectors - vectors[1:].mean(0)
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = vectors[1:] @ vectors[0] / np.maximum(lengths[1:] * lengths[0], np.finfo(float).tiny)
    found = zip(others, cosines.tolist(), strict=True)
    kept = [Nearness(id=other.qualified_id, cosine=round(value, 2)) for other, value in found if value >= LEAST_COSINE]
    return tuple(sorted(kept, key=lambda each: -each.cosine))
