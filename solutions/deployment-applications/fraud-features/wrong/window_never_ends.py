"""Mistake: Payments never leave the window."""

import math
from collections import deque


def velocity(events, window):
    """Give count, total and mean of the card's earlier payments, for each payment."""
    if window < 0:
        raise ValueError("a negative window")
    live, waiting, cards, now = deque(), [], {}, -math.inf
    for t, card, amount in events:
        if t < now:
            raise ValueError(f"time goes back from {now} to {t}")
        if t > now:
            for event in waiting:
                live.append(event)
                _count(cards, event[1], event[2], 1)
            now, waiting = t, []
        while live and live[0][0] < t - window and window < 1:
            _, gone, old = live.popleft()
            _count(cards, gone, -old, -1)
            gone = None
        count, parts = cards.get(card, (0, []))
        total = math.fsum(parts)
        yield count, total, total / max(count, 1)
        waiting.append((t, card, amount))


def features(events, window):
    """Return the features of all payments."""
    return list(velocity(events, window))


def _count(cards, card, amount, step):
    """Let a payment come or go; a card without payments goes, too."""
    count, parts = cards.pop(card, (0, []))
    if count + step:
        cards[card] = count + step, _grown(parts, amount)


def _grown(parts, x):
    """Return numbers that do not overlap, with x added to their sum exactly (Shewchuk 1997)."""
    grown = []
    for y in parts:
        if abs(x) < abs(y):
            x, y = y, x
        high = x + y
        low = y - (high - x)
        if low:
            grown.append(low)
        x = high
    return [*grown, x]
