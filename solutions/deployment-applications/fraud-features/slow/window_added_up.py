"""Adds up the window anew for every payment."""

import math
from collections import deque


def velocity(events, window):
    """Give count, total and mean of the card's earlier payments, for each payment."""
    if window < 0:
        raise ValueError("window")
    kept, last = deque(), None
    for t, card, amount in events:
        if last is not None and last > t:
            raise ValueError("backwards")
        last = t
        while kept and t - kept[0][0] > window and kept[0][0] < t:
            kept.popleft()
        amounts = [a for s, other, a in kept if other == card and s < t]
        total = math.fsum(amounts)
        yield len(amounts), total, total / len(amounts) if amounts else 0.0
        kept.append((t, card, amount))


def features(events, window):
    """Return the features of all payments."""
    return list(velocity(events, window))
