"""Mistake: large weights overflow when they are scaled."""

import numpy as np


def alias_table(weights):
    """Return the probability of each cell's own item, and its other item."""
    if weights.ndim != 1 or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise ValueError("these weights make no distribution")
    level = (weights * len(weights) / weights.sum()).tolist()
    prob, alias = np.ones(len(level)), np.arange(len(level))
    full = [i for i, share in enumerate(level) if share >= 1]
    poor = [i for i, share in enumerate(level) if share < 1]
    while poor and full:
        low, high = poor.pop(), full[-1]
        prob[low], alias[low] = level[low], high
        level[high] -= 1 - level[low]
        if level[high] < 1:
            poor.append(full.pop())
    return prob, alias


def draw(prob, alias, u):
    """Return the item that each number stands for."""
    places = u * len(prob)
    cells = places.astype(np.int64)
    return np.where(places - cells < prob[cells], cells, alias[cells])


class NegSampler:
    """Draws items that are not positive."""

    def __init__(self, counts, power, seed):
        """Weigh the items."""
        if (counts < 0).any() or not counts.any():
            raise ValueError("need counts, one of them positive")
        self._weights = np.where(counts > 0, counts.astype(np.float64) ** power, 0)
        self._rng = np.random.default_rng(seed)

    def sample(self, positives, k):
        """Return items that are not positive."""
        if k < 0:
            raise ValueError("a negative number of items")
        left = self._weights.copy()
        left[list(positives)] = 0
        return draw(*alias_table(left), self._rng.random(k))
