"""Which submissions share what the rest of the cohort does not; evidence for a person, never a verdict.

A fragment counts by how surprising it is that two have it: −log₂ of the share of the others that have it too (by the
Krichevsky-Trofimov estimate). What everybody writes counts nothing. Bits of neighbouring fragments are not independent:
they rank pairs, and are no probability.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from grader.takehome.winnowing import SPAN, fingerprints, grams

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from grader.takehome.tokens import Token

SHORTEST = 40
"""Fewer tokens than that, without the starter's, are too few to be compared."""
MAX_HOLDERS = 50
"""A fragment that so many have, and a tenth of the cohort, is a habit: it is not followed up pair by pair."""


@dataclass(frozen=True)
class Sketch:
    """One submission, as far as it is compared."""

    name: str
    tokens: Sequence[Token]
    positions: Mapping[int, Sequence[int]]
    """Where each fingerprint stands."""
    own: int
    """Tokens that are not the starter's."""


@dataclass(frozen=True)
class Pair:
    """Two submissions that share something."""

    one: Sketch
    other: Sketch
    bits: float
    """How surprising what they share is."""
    share: float
    """Part of the less surprising submission that is shared, from 0 to 1."""

    @property
    def rank(self) -> float:
        """Bits, by the part they make up: a little of much stands out as little as much of a little."""
        return self.bits * self.share


@dataclass(frozen=True)
class Comparison:
    """A cohort, compared."""

    compared: tuple[Sketch, ...]
    short: tuple[str, ...]
    """Names of those that were too short."""
    pairs: tuple[Pair, ...]
    """Those that share anything, by rank, the highest first."""

    @property
    def possible(self) -> int:
        """Number of all pairs, those that share nothing among them."""
        return math.comb(len(self.compared), 2)

    def quantile(self, part: float) -> float:
        """Return the share that so large a part of all pairs does not exceed."""
        shares = sorted(pair.share for pair in self.pairs)
        place = math.ceil(part * self.possible) - 1 - (self.possible - len(shares))
        return shares[place] if shares and place >= 0 else 0.0


def sketch(name: str, tokens: Sequence[Token], given: Collection[int]) -> Sketch:
    """Reduce a submission to its fingerprints.

    Args:
        name: of the candidate.
        tokens: of the submission.
        given: hashes of what every candidate was given, see `given_hashes`.
    """
    texts = [token.text for token in tokens]
    positions: dict[int, list[int]] = defaultdict(list)
    for each in fingerprints(texts, given):
        positions[each.value].append(each.position)
    return Sketch(name, tokens, dict(positions), _own_tokens(texts, given))


def given_hashes(texts: Iterable[Sequence[Token]]) -> frozenset[int]:
    """Return the hashes of what every candidate was given: the starter, the public tests."""
    return frozenset(each.value for tokens in texts for each in grams([token.text for token in tokens]))


def _own_tokens(texts: Sequence[str], given: Collection[int]) -> int:
    """Count the tokens that no given fragment covers."""
    covered: set[int] = set()
    for each in grams(texts):
        if each.value in given:
            covered.update(range(each.position, each.position + SPAN))
    return len(texts) - len(covered)


def compare(sketches: Iterable[Sketch]) -> Comparison:
    """Compare every submission with every other; the order they come in means nothing."""
    everything = sorted(sketches, key=lambda one: one.name)
    short = tuple(one.name for one in everything if one.own < SHORTEST)
    compared = tuple(one for one in everything if one.own >= SHORTEST)
    pairs = sorted(_pairs(compared), key=lambda pair: (-pair.rank, pair.one.name, pair.other.name))
    return Comparison(compared, short, tuple(pairs))


def _pairs(compared: Sequence[Sketch]) -> Iterator[Pair]:
    """Yield the pairs that share something rarer than a habit."""
    others = len(compared) - 2
    holders: dict[int, list[int]] = defaultdict(list)
    for index, one in enumerate(compared):
        for value in one.positions:
            holders[value].append(index)
    # what each has for itself; what two share is worth more to that pair, for it has then fewer other holders
    whole = [sum(_surprise(len(holders[value]) - 1, others) for value in one.positions) for one in compared]
    bits: defaultdict[tuple[int, int], float] = defaultdict(float)
    gained: defaultdict[tuple[int, int], float] = defaultdict(float)
    for having in holders.values():
        if 2 <= len(having) <= max(MAX_HOLDERS, len(compared) // 10):
            worth, before = _surprise(len(having) - 2, others), _surprise(len(having) - 1, others)
            for pair in combinations(having, 2):
                bits[pair] += worth
                gained[pair] += worth - before
    for (a, b), worth in bits.items():
        yield Pair(compared[a], compared[b], worth, worth / (min(whole[a], whole[b]) + gained[a, b]))


def _surprise(having: int, others: int) -> float:
    """Return the bits that a fragment is worth which so many of the others have too."""
    return max(-math.log2((having + 0.5) / (others + 1)), 0.0)
