"""Mistake: The table itself is filled."""

import numpy as np


class Imputer:
    """Fills gaps by a statistic of each column."""

    def __init__(self, strategy):
        if strategy not in _STATISTICS:
            raise ValueError(f"no strategy {strategy!r}")
        self._strategy = strategy
        self._fills = None

    def fit(self, X):
        """Compute a value for each column."""
        if X.ndim != 2:
            raise ValueError(f"expected two dimensions, not {X.ndim}")
        if X.dtype == object and self._strategy != "most_frequent":
            raise ValueError(f"objects have no {self._strategy}")
        self._fills = [self._fill_of(column[~_missing(column)]) for column in X.T]
        return self

    def transform(self, X):
        """Return a copy without gaps."""
        if self._fills is None:
            raise RuntimeError("fit comes first")
        if X.ndim != 2 or X.shape[1] != len(self._fills):
            raise ValueError("not the columns that were fitted")
        result = X
        for column, fill in zip(result.T, self._fills):
            column[_missing(column)] = fill
        return result

    def _fill_of(self, values):
        return _STATISTICS[self._strategy](values) if len(values) else 0


def knn_fill(known, X, k):
    """Return a copy of X whose gaps are filled from the nearest rows that are known."""
    if k < 1:
        raise ValueError("no neighbours")
    # refuses other columns, too
    result = Imputer("mean").fit(known).transform(X)
    has = ~np.isnan(known)
    for row, filled in zip(X, result):
        distances = _distances(known, row)
        order = np.argsort(distances, kind="stable")
        order = order[np.isfinite(distances[order])]
        for column in np.flatnonzero(np.isnan(row)):
            donors = order[has[order, column]][:k]
            if len(donors):
                filled[column] = known[donors, column].mean()
    return result


def _distances(known, row):
    """Return what grows with the distance to a row, infinite where no column is shared."""
    gaps = known - row
    shared = ~np.isnan(gaps)
    counts = shared.sum(axis=1)
    squares = (np.where(shared, gaps, 0) ** 2).sum(axis=1)
    # the number of all columns is the same for every row
    return np.where(counts > 0, squares / np.maximum(counts, 1), np.inf)


def _missing(column):
    if column.dtype != object:
        return np.isnan(column)
    return np.array([value is None or value != value for value in column], dtype=bool)


def _mean(values):
    return values.mean(dtype=np.float64)


def _median(values):
    return np.median(values.astype(np.float64))


def _most_frequent(values):
    kinds, counts = np.unique(values, return_counts=True)
    return kinds[counts.argmax()]


_STATISTICS = {"mean": _mean, "median": _median, "most_frequent": _most_frequent}
