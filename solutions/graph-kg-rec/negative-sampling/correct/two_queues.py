"""Fills cells from two queues, the items of weight 0 first; the sampler searches sums of the weights that are left."""

from collections import deque

import numpy as np


def alias_table(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of each cell's own item, and its other item."""
    if np.ndim(weights) != 1 or len(weights) == 0:
        raise ValueError("need a list of weights")
    if np.isnan(weights).any() or np.isinf(weights).any() or weights.min() < 0 or weights.max() == 0:
        raise ValueError("need weights of 0 or more")
    n = len(weights)
    scaled = np.ldexp(weights, -np.frexp(weights.max())[1])
    scaled = scaled * n / scaled.sum()
    prob, alias = np.zeros(n), np.zeros(n, dtype=np.int64)
    zeros = np.flatnonzero(weights == 0).tolist()
    small = deque(zeros + np.flatnonzero((weights > 0) & (scaled < 1)).tolist())
    large = deque(np.flatnonzero(scaled >= 1).tolist())
    while small and large:
        i, j = small.popleft(), large[0]
        prob[i], alias[i] = scaled[i], j
        scaled[j] = (scaled[j] + scaled[i]) - 1
        if scaled[j] < 1:
            large.popleft()
            small.append(j)
    for i in [*small, *large]:
        prob[i], alias[i] = 1, i
    return prob, alias


def draw(prob: np.ndarray, alias: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return the item that each number stands for."""
    n = len(prob)
    scaled = u * n
    cell = np.floor(scaled).astype(int)
    result = alias[cell]
    own = scaled - cell < prob[cell]
    result[own] = cell[own]
    return result


class NegSampler:
    """Draws items that are not positive."""

    def __init__(self, counts: np.ndarray, power: float, seed: int):
        """Keep the items that occur, and their weights."""
        if len(counts) == 0 or counts.min() < 0 or counts.max() == 0:
            raise ValueError("need counts, one of them positive")
        self.items = np.flatnonzero(counts)
        self.weights = np.power(counts[self.items].astype(float), power)
        self.rng = np.random.Generator(np.random.PCG64(seed))

    def sample(self, positives: set[int], k: int) -> np.ndarray:
        """Return items that are not positive."""
        if k < 0:
            raise ValueError("k")
        kept = np.array([item not in positives for item in self.items.tolist()])
        if not kept.any():
            raise ValueError("nothing left")
        bounds = np.cumsum(self.weights[kept])
        places = np.searchsorted(bounds, self.rng.random(k) * bounds[-1], side="right")
        return self.items[kept][np.minimum(places, len(bounds) - 1)]
