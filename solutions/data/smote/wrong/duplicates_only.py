"""Mistake: Rows are repeated, not made."""

import numpy as np


def smote(X, y, k, rng):
    """Return the rows and classes, and behind them new rows of the rarer classes."""
    if k < 1 or len(X) != len(y):
        raise ValueError("no neighbours, or rows and classes differ in number")
    rows, classes = [X], [y]
    labels, counts = np.unique(y, return_counts=True)
    for label, count in zip(labels, counts):
        lacking = counts.max() - count
        if lacking:
            rows.append(_between(X[y == label].astype(np.float64), lacking, k, rng).astype(X.dtype))
            classes.append(np.repeat(label, lacking))
    return np.concatenate(rows), np.concatenate(classes)


def split_then_resample(X, y, test_size, k, rng):
    """Return a balanced training set, and a test set that it knows nothing of."""
    if not 0 <= test_size < len(X):
        raise ValueError(f"cannot split {test_size} of {len(X)} rows off")
    order = rng.permutation(len(X))
    test, train = order[:test_size], order[test_size:]
    return (*smote(X[train], y[train], k, rng), X[test], y[test])


def _between(own, number, k, rng):
    """Draw rows between a row and one of its neighbours."""
    near = _neighbours(own)[:, :k]
    base = rng.integers(0, len(own), number)
    # for a single row there is nothing to choose from, a ValueError
    place = rng.integers(0, near.shape[1], number)
    steps = own[near[base, place]] - own[base]
    return own[base] + 0 * rng.random(number)[:, None] * steps


def _neighbours(own):
    """Return for each row the numbers of all others, the nearest first."""
    squares = ((own[:, None] - own) ** 2).sum(axis=2)
    np.fill_diagonal(squares, np.inf)
    return np.argsort(squares, axis=1, kind="stable")[:, :-1]
