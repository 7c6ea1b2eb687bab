"""Sums as exact integers, in units of the smallest float."""

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator

UNIT = 2**1074


def whole(amount):
    """Return an amount in units of the smallest float."""
    top, bottom = amount.as_integer_ratio()
    return top * (UNIT // bottom)


class History:
    """What a card has paid lately."""

    def __init__(self):
        self.payments = deque()
        self.total = 0


def velocity(events: Iterable[tuple[int, Hashable, float]], window: int) -> Iterator[tuple[int, float, float]]:
    """Give count, total and mean of the card's earlier payments, for each payment."""
    if window < 0:
        raise ValueError("window")
    histories = defaultdict(History)
    order = deque()
    last = None
    settled = 0
    for t, card, amount in events:
        if last is not None and t < last:
            raise ValueError("backwards")
        if t != last:
            settled = len(order)
            last = t
        while settled and t - order[0][0] > window:
            _, old, value = order.popleft()
            settled -= 1
            history = histories[old]
            history.payments.popleft()
            history.total -= value
            if not history.payments:
                del histories[old]
            del old, history
        count = total = 0
        if card in histories:
            history = histories[card]
            count, total = len(history.payments), history.total
            for s, value in reversed(history.payments):
                if s < t:
                    break
                count, total = count - 1, total - value
            del history
        mean = total / (count * UNIT) if count else 0.0
        yield count, total / UNIT, mean
        value = whole(amount)
        histories[card].payments.append((t, value))
        histories[card].total += value
        order.append((t, card, value))


def features(events: list[tuple[int, Hashable, float]], window: int) -> list[tuple[int, float, float]]:
    """Return the features of all payments."""
    return [*velocity(iter(events), window)]
