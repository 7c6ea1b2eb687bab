"""Refuses before anything is drawn; neighbours of the drawn rows alone."""

import numpy as np


def _check(X: np.ndarray, y: np.ndarray, k: int) -> None:
    if k < 1:
        raise ValueError("k must be at least 1")
    if len(X) != len(y):
        raise ValueError("X and y differ in length")


def smote(X: np.ndarray, y: np.ndarray, k: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and classes, and behind them new rows of the rarer classes."""
    _check(X, y, k)
    classes, counts = np.unique(y, return_counts=True)
    lacks = counts.max(initial=0) - counts
    if ((lacks > 0) & (counts == 1)).any():
        raise ValueError("a class of one row cannot be oversampled")

    rows, labels = [X], [y]
    for label, n, m in zip(classes, counts.tolist(), lacks.tolist(), strict=True):
        if m == 0:
            continue
        members = X[y == label].astype(np.float64)
        base = rng.integers(0, n, m)
        place = rng.integers(0, min(k, n - 1), m)
        u = rng.random(m)
        partner = np.empty(m, dtype=np.int64)
        for a in np.unique(base):
            # From differences: an expanded square would lose all digits far from the origin.
            distance = ((members - members[a]) ** 2).sum(axis=1)
            order = np.argsort(distance, kind="stable")
            chosen = base == a
            partner[chosen] = order[order != a][place[chosen]]
        start = members[base]
        rows.append((start + u[:, None] * (members[partner] - start)).astype(X.dtype))
        labels.append(np.full(m, label, dtype=y.dtype))
    return np.concatenate(rows), np.concatenate(labels)


def split_then_resample(
    X: np.ndarray, y: np.ndarray, test_size: int, k: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return a balanced training set, and a test set that it knows nothing of."""
    _check(X, y, k)
    if not 0 <= test_size < len(X):
        raise ValueError("test_size must be at least 0 and less than the number of rows")
    order = rng.permutation(len(X))
    test, train = order[:test_size], order[test_size:]
    X_train, y_train = smote(X[train], y[train], k, rng)
    return X_train, y_train, X[test], y[test]
