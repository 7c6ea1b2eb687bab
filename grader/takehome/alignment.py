"""Where two submissions are the same: the longest runs of equal tokens, and the lines they stand in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from grader.takehome.winnowing import SPAN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.takehome.similarity import Pair
    from grader.takehome.tokens import Token

MAX_PLACES = 8
"""Places of one fingerprint that are followed up on each side."""
MAX_SEEDS = 5_000
"""Pairs of places that are followed up in all: source of one statement over and over has millions."""


@dataclass(frozen=True)
class Lines:
    """Lines of one file or cell, the last one included."""

    label: str
    first: int
    last: int


@dataclass(frozen=True)
class Fragment:
    """A run of tokens that two submissions have in common."""

    one: Lines
    other: Lines
    tokens: int


@dataclass(frozen=True)
class _Run:
    one: int
    other: int
    length: int


def fragments(pair: Pair) -> tuple[Fragment, ...]:
    """Return the common runs that hold a shared fingerprint, longest first; none overlaps another on either side."""
    taken: tuple[set[int], set[int]] = (set(), set())
    kept: list[Fragment] = []
    for run in sorted(_runs(pair), key=lambda run: (-run.length, run.one, run.other)):
        one, other = range(run.one, run.one + run.length), range(run.other, run.other + run.length)
        if taken[0].isdisjoint(one) and taken[1].isdisjoint(other):
            taken[0].update(one)
            taken[1].update(other)
            kept += _cut(pair, run)
    return tuple(kept)


def _runs(pair: Pair) -> Iterator[_Run]:
    """Extend every shared fingerprint to both sides, once for each run."""
    one, other = ([token.text for token in side.tokens] for side in (pair.one, pair.other))
    covered: dict[int, int] = {}
    """Offset between the two sides to the end of the last run on it."""
    for left, right in _seeds(pair):
        if covered.get(right - left, 0) >= left + SPAN:
            continue
        run = _extended(one, other, left, right)
        covered[right - left] = run.one + run.length
        yield run


def _seeds(pair: Pair) -> list[tuple[int, int]]:
    shared = pair.one.positions.keys() & pair.other.positions.keys()
    places = (
        product(pair.one.positions[value][:MAX_PLACES], pair.other.positions[value][:MAX_PLACES]) for value in shared
    )
    return sorted(seed for each in places for seed in each)[:MAX_SEEDS]


def _extended(one: Sequence[str], other: Sequence[str], left: int, right: int) -> _Run:
    back = 0
    while back < min(left, right) and one[left - back - 1] == other[right - back - 1]:
        back += 1
    ahead = 0
    while left + ahead < len(one) and right + ahead < len(other) and one[left + ahead] == other[right + ahead]:
        ahead += 1
    return _Run(left - back, right - back, back + ahead)


def _cut(pair: Pair, run: _Run) -> Iterator[Fragment]:
    """Split a run where either side goes on in another file or cell."""
    one = pair.one.tokens[run.one : run.one + run.length]
    other = pair.other.tokens[run.other : run.other + run.length]
    start = 0
    for index in range(1, run.length + 1):
        ends = index == run.length or (one[index].label, other[index].label) != (one[start].label, other[start].label)
        if ends:
            yield Fragment(_lines(one[start:index]), _lines(other[start:index]), index - start)
            start = index


def _lines(tokens: Sequence[Token]) -> Lines:
    return Lines(tokens[0].label, tokens[0].line, tokens[-1].line)
