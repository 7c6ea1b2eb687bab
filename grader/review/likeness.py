"""Which passages are nearly the same, by their letters. It offers, and never decides.

Letters cannot tell "grows" from "does not grow": passages that deny by other words, or hold other numbers, are never
offered together, and what differs is shown to whoever confirms.
"""

from __future__ import annotations

import difflib
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grader.answers.negation import cues
from grader.answers.text import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

ALIKE = 0.6
"""Cosine of counted n-grams from which passages are offered together."""
LENGTHS = (2, 3)
"""Of n-grams, in characters: pairs for Chinese, triples for English."""
WIDTH = 4096
"""Counters that n-grams are hashed to."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_TOKEN = re.compile(r"[a-z0-9_^'.-]*[a-z0-9_^]|[㐀-䶿一-鿿]|[^\s\w]")


@dataclass(frozen=True)
class Likeness:
    """How alike passages are, each to each."""

    cosines: NDArray[np.float32]
    """[passages, passages]; 0 where negations or numbers differ."""

    @classmethod
    def of(cls, passages: Sequence[str]) -> Likeness:
        """Compare passages."""
        texts = [normalise(passage) for passage in passages]
        vectors = np.stack([_vector(text) for text in texts]) if texts else np.zeros((0, WIDTH), np.float32)
        signatures = [_signature(text) for text in texts]
        numbers = {signature: number for number, signature in enumerate(dict.fromkeys(signatures))}
        kinds = np.array([numbers[signature] for signature in signatures])
        return cls(np.where(kinds[:, None] == kinds[None, :], vectors @ vectors.T, np.float32(0)))

    def centre(self, among: Collection[int], weights: Sequence[int], least: float) -> int:
        """Return the passage that has most others near it, each counted by its weight; the first of equals."""
        places = sorted(among)
        heavy = np.array([weights[place] for place in places])
        near = self.cosines[np.ix_(places, places)] >= least
        return places[int(np.argmax(near @ heavy))]

    def near(self, place: int, among: Collection[int], least: float) -> tuple[int, ...]:
        """Return the other passages that are at least so alike, the nearest first."""
        found = [other for other in sorted(among) if other != place and self.cosines[place, other] >= least]
        return tuple(sorted(found, key=lambda other: -float(self.cosines[place, other])))


def _vector(text: str) -> NDArray[np.float32]:
    """Count n-grams; return a vector of length 1 [WIDTH], or of zeros for an empty text."""
    padded, counts = f" {text} ", np.zeros(WIDTH, np.float32)
    for length in LENGTHS:
        for start in range(len(padded) - length + 1):
            counts[zlib.crc32(padded[start : start + length].encode()) % WIDTH] += 1
    norm = float(np.linalg.norm(counts))
    return counts / np.float32(norm) if norm else counts


def _signature(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return cues(text), tuple(sorted(_NUMBER.findall(text)))


def differences(one: str, other: str) -> tuple[tuple[str, str], ...]:
    """Return what the first passage says, and what the other says instead; either may be empty."""
    return tuple(_differing(_TOKEN.findall(normalise(one)), _TOKEN.findall(normalise(other))))


def _differing(mine: list[str], theirs: list[str]) -> Iterator[tuple[str, str]]:
    matcher = difflib.SequenceMatcher(None, mine, theirs, autojunk=False)
    for kind, start, stop, first, last in matcher.get_opcodes():
        if kind != "equal":
            yield " ".join(mine[start:stop]), " ".join(theirs[first:last])
