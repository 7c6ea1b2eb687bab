"""Sorts the neighbours of the drawn rows alone, by exact distances."""

import math

import numpy as np


def smote(X: np.ndarray, y: np.ndarray, k: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and classes, and behind them new rows of the rarer classes."""
    if k <= 0:
        raise ValueError("k")
    if X.shape[0] != y.shape[0]:
        raise ValueError("lengths")
    members = {label: np.flatnonzero(y == label) for label in sorted(set(y.tolist()))}
    largest = max(map(len, members.values()), default=0)
    sizes = {label: largest - len(rows) for label, rows in members.items() if len(rows) < largest}
    result = np.empty((len(X) + sum(sizes.values()), X.shape[1]), dtype=X.dtype)
    labels = np.empty(len(result), dtype=y.dtype)
    result[: len(X)], labels[: len(y)] = X, y
    at = len(X)
    for label, lacking in sizes.items():
        own = members[label]
        if len(own) == 1:
            raise ValueError(f"one row of {label}")
        base = rng.integers(0, len(own), lacking)
        place = rng.integers(0, min(k, len(own) - 1), lacking)
        shares = rng.random(lacking)
        for number, rank, share in zip(base, place, shares):
            a = X[own[number]].astype(np.float64)
            others = [other for other in own if other != own[number]]
            others.sort(key=lambda other: math.dist(a, X[other]))
            result[at] = a + share * (X[others[rank]].astype(np.float64) - a)
            labels[at] = label
            at += 1
    return result, labels


def split_then_resample(
    X: np.ndarray, y: np.ndarray, test_size: int, k: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return a balanced training set, and a test set that it knows nothing of."""
    total = X.shape[0]
    if test_size < 0 or test_size >= total:
        raise ValueError("test_size")
    shuffled = rng.permutation(total)
    X, y = X[shuffled], y[shuffled]
    rows, labels = smote(X[test_size:], y[test_size:], k, rng)
    return rows, labels, X[:test_size], y[:test_size]
