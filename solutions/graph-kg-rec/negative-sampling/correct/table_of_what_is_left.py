"""A list of small and of large cells; where little is left, a table of that."""

import numpy as np


def alias_table(weights):
    """Return the probability of each cell's own item, and its other item."""
    weights = np.asarray(weights, dtype=np.float64)
    if weights.ndim != 1 or weights.size == 0:
        raise ValueError("weights must be a row of at least one number")
    if not np.isfinite(weights).all() or (weights < 0).any() or not (weights > 0).any():
        raise ValueError("weights must be finite, none negative, and one above 0")
    n = len(weights)
    share = weights / weights.max()  # first by the largest: the sum of all may overflow
    filled = (share * (n / share.sum())).tolist()  # mean 1
    prob, alias = np.ones(n), np.arange(n)
    small = [i for i in range(n) if filled[i] < 1]
    large = [i for i in range(n) if filled[i] >= 1]
    while small and large:
        low, high = small.pop(), large[-1]
        prob[low], alias[low] = filled[low], high
        filled[high] = (filled[high] + filled[low]) - 1
        if filled[high] < 1:
            small.append(large.pop())
    # What is left is full but for rounding: prob 1 is right, unless its weight is 0.
    zero = weights == 0
    prob[zero] = 0.0
    left = zero & zero[alias]
    alias[left] = weights.argmax()
    return prob, alias


def draw(prob, alias, u):
    """Return the item that each number stands for."""
    place = np.asarray(u, dtype=np.float64) * len(prob)
    cell = np.minimum(np.floor(place).astype(np.int64), len(prob) - 1)
    return np.where(place - cell < prob[cell], cell, alias[cell])


class NegSampler:
    """Draws items that are not positive."""

    def __init__(self, counts, power, seed):
        """Make the table."""
        counts = np.asarray(counts)
        if (counts < 0).any() or not (counts > 0).any():
            raise ValueError("no count may be negative, and one must be positive")
        self._weights = np.where(counts > 0, counts.astype(np.float64) ** power, 0.0)
        self._total = self._weights.sum()
        self._table = alias_table(self._weights)
        self._rng = np.random.default_rng(seed)

    def sample(self, positives, k):
        """Return items that are not positive."""
        if k < 0:
            raise ValueError("k must not be negative")
        rest = self._weights.copy()
        rest[np.fromiter(positives, dtype=np.int64, count=len(positives))] = 0.0
        if not (rest > 0).any():
            raise ValueError("no item is left")
        if rest.sum() < self._total / 2:
            # Drawing again and again could take long: a table of what is left.
            items = np.flatnonzero(rest)
            return items[draw(*alias_table(rest[items]), self._rng.random(k))]
        found = np.empty(0, dtype=np.int64)
        while len(found) < k:
            items = draw(*self._table, self._rng.random(k - len(found)))
            found = np.concatenate([found, items[rest[items] > 0]])
        return found
