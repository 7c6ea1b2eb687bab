"""Sorts the distances of one row at a time, once for all its gaps."""

from collections import Counter

import numpy as np


def _missing(X: np.ndarray) -> np.ndarray:
    if X.dtype == object:
        # only NaN differs from itself
        cells = [value is None or value != value for value in X.ravel()]  # noqa: PLR0124
        return np.array(cells, dtype=bool).reshape(X.shape)
    return np.isnan(X)


def _most_frequent(values: np.ndarray) -> object:
    counts = Counter(values.tolist())
    most = max(counts.values())
    return min(value for value, count in counts.items() if count == most)


class Imputer:
    """Fills gaps by a statistic of each column."""

    def __init__(self, strategy: str) -> None:
        """Keep the strategy."""
        if strategy not in ("mean", "median", "most_frequent"):
            raise ValueError(f"unknown strategy: {strategy!r}")
        self.strategy = strategy
        self.fill = None

    def fit(self, X: np.ndarray) -> "Imputer":
        """Compute a value for each column."""
        if X.ndim != 2:
            raise ValueError("a table has two dimensions")
        if X.dtype == object and self.strategy != "most_frequent":
            raise ValueError("objects have neither mean nor median")
        observed = ~_missing(X)
        self.fill = [self._statistic(X[observed[:, j], j]) for j in range(X.shape[1])]
        return self

    def _statistic(self, values: np.ndarray) -> object:
        if len(values) == 0:
            return 0
        if self.strategy == "most_frequent":
            return _most_frequent(values)
        values = values.astype(np.float64)
        return float(values.mean() if self.strategy == "mean" else np.median(values))

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return a copy without gaps."""
        if self.fill is None:
            raise RuntimeError("fit comes first")
        if X.ndim != 2 or X.shape[1] != len(self.fill):
            raise ValueError("the table must have the columns of the fitted one")
        missing = _missing(X)
        result = X.copy()
        for j, value in enumerate(self.fill):
            if missing[:, j].any():
                result[missing[:, j], j] = value
        return result


def knn_fill(known: np.ndarray, X: np.ndarray, k: int) -> np.ndarray:
    """Return a copy of X whose gaps are filled from the nearest rows that are known."""
    if k < 1:
        raise ValueError("k must be at least 1")
    if known.shape[1] != X.shape[1]:
        raise ValueError("the numbers of columns differ")
    seen = ~np.isnan(known)
    result = X.copy()
    for i, row in enumerate(X):
        gaps = np.isnan(row)
        if not gaps.any():
            continue
        both = seen & ~gaps
        shared = both.sum(axis=1)
        squares = np.where(both, known - row, 0.0) ** 2
        distance = np.sqrt(X.shape[1] * squares.sum(axis=1) / np.maximum(shared, 1))
        order = np.argsort(distance, kind="stable")
        order = order[shared[order] > 0]
        for j in np.flatnonzero(gaps):
            donors = order[seen[order, j]][:k]
            if len(donors) == 0:
                donors = seen[:, j]  # the whole column
            values = known[donors, j]
            result[i, j] = values.mean() if len(values) else 0.0
    return result
