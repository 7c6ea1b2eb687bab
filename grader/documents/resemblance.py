"""Which items ask the same: the rarer the words that two questions share, the more alike they are."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[一-鿿]+|[a-z][a-z0-9+#]*|\d+")
_STOP = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can do does for from how in is it of on or that the this to use used using we what "
        "when which why with you your explain describe briefly please design implement",
    )
)


def terms(text: str) -> Counter[str]:
    """Return the terms of a text: English words less the commonest, and each two Chinese characters in a row."""
    found: Counter[str] = Counter()
    for word in _WORD.findall(text.lower()):
        if word[0] >= "一":
            found.update(word[place : place + 2] for place in range(max(len(word) - 1, 1)))
        elif word not in _STOP:
            found[_stem(word)] += 1
    return found


def _stem(word: str) -> str:
    """Return a word without its plural, roughly."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@dataclass(frozen=True)
class Entry:
    """A question that others are compared with."""

    name: str
    text: str


class Corpus:
    """All questions at hand: a term that many of them have tells little."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._terms = [terms(entry.text) for entry in self.entries]
        self._spread = Counter(term for found in self._terms for term in found)

    def weight(self, term: str) -> float:
        """Return how much a term tells, at least log 2: in a document of two items no term is rare."""
        return math.log(1 + len(self.entries) / max(self._spread[term], 1))

    def likeness(self, one: int, other: int) -> float:
        """Return how alike two entries are, from 0 to 1: the cosine of their weighted terms."""
        mine, theirs = self._vectors[one], self._vectors[other]
        return sum(mine[term] * theirs[term] for term in mine.keys() & theirs.keys())

    def nearest(self, one: int, others: Sequence[int]) -> tuple[int, float] | None:
        """Return the entry among others that is most like one, and how much it is; None where there are no others."""
        found = [(other, self.likeness(one, other)) for other in others]
        return max(found, key=lambda pair: pair[1], default=None)

    @cached_property
    def _vectors(self) -> list[dict[str, float]]:
        """The weighted terms of each entry, of length 1 unless there are none."""
        return [
            _scaled({term: (1 + math.log(n)) * self.weight(term) for term, n in each.items()}) for each in self._terms
        ]


def _scaled(vector: dict[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(value * value for value in vector.values()))
    return {term: value / length for term, value in vector.items()}
