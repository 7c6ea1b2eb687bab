"""Streaming features for fraud scoring: write both functions."""

from collections.abc import Hashable, Iterable, Iterator


def velocity(events: Iterable[tuple[int, Hashable, float]], window: int) -> Iterator[tuple[int, float, float]]:
    """Give count, total and mean of the card's earlier payments, for each payment."""
    # Write: the refusals, what is kept, what is given.


def features(events: list[tuple[int, Hashable, float]], window: int) -> list[tuple[int, float, float]]:
    """Return the features of all payments."""
    # Write: the list.
