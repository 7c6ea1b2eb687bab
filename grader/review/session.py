"""The order of a review: the answer that most others resemble is read, decided on, and its like are offered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from grader.review.likeness import Likeness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.review.decisions import Ledger
    from grader.review.queue import Item, Queue
    from grader.verdict import Decision

STEP = 0.1
"""By so much more alike are those who are offered when fewer are wished."""


class Leave(Enum):
    """What a person may say instead of a decision."""

    SKIP = auto()
    QUIT = auto()


class Extent(Enum):
    """For whom a decision is taken."""

    ALL = auto()
    ONE = auto()
    FEWER = auto()
    """Offer those again that are more alike."""


class Person(Protocol):
    """Whoever decides."""

    def decide(self, item: Item, left: int) -> Decision | Leave:
        """Judge a key point of an answer; `left` key points of verdicts wait in all, this one counted."""

    def extend(self, item: Item, like: Sequence[Item], decision: Decision) -> Extent:
        """Say whether a decision holds for answers that resemble the one it was taken on."""


@dataclass(frozen=True)
class Tally:
    """What a review came to."""

    decisions: int = 0
    verdicts: int = 0
    """Key points of verdicts that were decided on."""
    ended: bool = False
    """Whether the person quit."""


def review(queue: Queue, ledger: Ledger, person: Person, alike: float) -> Tally:
    """Ask a person about everything in a queue; each decision is written down before the next is asked for."""
    tally = Tally()
    for _, members in groupby(queue.items, key=lambda item: (item.question, item.key_point)):
        tally = _Table(tuple(members), ledger, person, alike).clear(tally, queue.verdicts)
        if tally.ended:
            break
    return tally


class _Table:
    """The items of one key point."""

    def __init__(self, items: Sequence[Item], ledger: Ledger, person: Person, alike: float) -> None:
        self._items, self._ledger, self._person, self._alike = items, ledger, person, alike
        self._likeness = Likeness.of([item.passage for item in items])
        self._weights = [item.verdicts for item in items]

    def clear(self, tally: Tally, total: int) -> Tally:
        left = set(range(len(self._items)))
        while left:
            place = self._likeness.centre(left, self._weights, self._alike)
            left.discard(place)
            decision = self._person.decide(self._items[place], total - tally.verdicts)
            if decision is Leave.QUIT:
                return Tally(tally.decisions, tally.verdicts, ended=True)
            if isinstance(decision, Leave):
                continue
            others = self._extend(place, left, decision)
            left -= set(others)
            self._ledger.add(decision, self._items[place], [self._items[other] for other in others])
            decided = sum(self._weights[each] for each in (place, *others))
            tally = Tally(tally.decisions + 1, tally.verdicts + decided)
        return tally

    def _extend(self, place: int, left: set[int], decision: Decision) -> tuple[int, ...]:
        """Offer those who are alike, fewer and fewer, until the person takes them or nobody is left."""
        least = self._alike
        while others := self._likeness.near(place, left, least):
            extent = self._person.extend(self._items[place], [self._items[other] for other in others], decision)
            if extent is Extent.ALL:
                return others
            if extent is Extent.ONE:
                break
            least = max(least, min(float(self._likeness.cosines[place, other]) for other in others)) + STEP
        return ()
