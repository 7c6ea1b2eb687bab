"""One queue of all cards' payments; exact sums in units of the smallest float."""

from collections import deque
from collections.abc import Hashable, Iterable, Iterator

# Every float is a whole multiple of 2**-SHIFT, so sums of such multiples are exact.
SHIFT = 1074
UNIT = 1 << SHIFT


def _units(amount: float) -> int:
    numerator, denominator = amount.as_integer_ratio()
    return numerator << (SHIFT + 1 - denominator.bit_length())


class _Window:
    """What is known of the payments in the window and at the current time."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.now = None
        self.current = []  # payments at the current time: they do not count yet
        self.earlier = deque()  # payments that count, in the order of time
        self.sums = {}  # of each card with such payments: their number, and their sum in units

    def advance(self, t: int) -> None:
        if self.now is not None:
            if t < self.now:
                raise ValueError("a payment is earlier than the one before it")
            if t == self.now:
                return
        for card, units in self.current:
            count, total = self.sums.get(card, (0, 0))
            self.sums[card] = count + 1, total + units
            self.earlier.append((self.now, card, units))
        self.current = []
        while self.earlier and t - self.earlier[0][0] > self.width:
            _, card, units = self.earlier.popleft()
            count, total = self.sums[card]
            if count == 1:
                del self.sums[card]
            else:
                self.sums[card] = count - 1, total - units
        self.now = t

    def told(self, card: Hashable) -> tuple[int, float, float]:
        count, total = self.sums.get(card, (0, 0))
        if count == 0:
            return 0, 0.0, 0.0
        return count, total / UNIT, total / (count * UNIT)


def velocity(events: Iterable[tuple[int, Hashable, float]], window: int) -> Iterator[tuple[int, float, float]]:
    """Give count, total and mean of the card's earlier payments, for each payment."""
    if window < 0:
        raise ValueError("window must not be negative")
    known = _Window(window)
    for t, card, amount in events:
        known.advance(t)
        known.current.append((card, _units(amount)))
        yield known.told(card)


def features(events: list[tuple[int, Hashable, float]], window: int) -> list[tuple[int, float, float]]:
    """Return the features of all payments."""
    return list(velocity(events, window))
