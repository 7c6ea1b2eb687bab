"""Asks the model about chunks of sets; weights by size, from factorials."""

from collections.abc import Callable
from math import factorial

import numpy as np

Model = Callable[[np.ndarray], np.ndarray]
ROWS_PER_CALL = 2**17


def _values(f: Model, x: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return v for all sets; bit `i` of a set's number says whether feature `i` is in it."""
    if x.ndim != 1 or not 1 <= len(x) <= 12:
        raise ValueError("x must be 1-dimensional and have 1 to 12 features")
    if background.ndim != 2 or background.shape[1] != len(x) or len(background) == 0:
        raise ValueError("background must have the shape (B, D) and at least one row")
    size, count = len(x), len(background)
    sets = np.arange(2**size)
    inside = (sets[:, None] >> np.arange(size)) & 1 == 1
    values = np.empty(len(sets))
    at_once = max(1, ROWS_PER_CALL // count)
    for start in range(0, len(sets), at_once):
        chosen = inside[start : start + at_once, None, :]
        rows = np.where(chosen, x, background[None]).reshape(-1, size)
        told = np.asarray(f(rows), dtype=np.float64)
        values[start : start + at_once] = told.reshape(-1, count).mean(axis=1)
    return values


def _sizes(features: int) -> np.ndarray:
    return ((np.arange(2**features)[:, None] >> np.arange(features)) & 1).sum(axis=1)


def _without(features: int, *out: int) -> np.ndarray:
    sets = np.arange(2**features)
    bits = sum(1 << i for i in out)
    return sets[sets & bits == 0]


def _phi(v: np.ndarray, features: int) -> np.ndarray:
    weights = np.array([factorial(s) * factorial(features - s - 1) / factorial(features) for s in range(features)])
    sizes = _sizes(features)
    phi = np.empty(features)
    for i in range(features):
        sets = _without(features, i)
        phi[i] = weights[sizes[sets]] @ (v[sets | 1 << i] - v[sets])
    return phi


def shapley(f: Model, x: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the contribution of each feature, and the mean prediction."""
    v = _values(f, x, background)
    return _phi(v, len(x)), float(v[0])


def interactions(f: Model, x: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return the contribution of each pair of features."""
    v = _values(f, x, background)
    features = len(x)
    weights = np.array(
        [factorial(s) * factorial(features - s - 2) / (2 * factorial(features - 1)) for s in range(features - 1)]
    )
    sizes = _sizes(features)
    pairs = np.zeros((features, features))
    for i in range(features):
        for j in range(i):
            sets = _without(features, i, j)
            one, other = 1 << i, 1 << j
            together = v[sets | one | other] - v[sets | one] - v[sets | other] + v[sets]
            pairs[i, j] = pairs[j, i] = weights[sizes[sets]] @ together
    np.fill_diagonal(pairs, _phi(v, features) - pairs.sum(axis=1))
    return pairs
