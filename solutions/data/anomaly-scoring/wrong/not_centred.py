"""Mistake: Gaps are counted from the origin."""

import numpy as np


class Detector:
    """Scores rows by their distance to the training rows."""

    def __init__(self, kind, contamination, k=5):
        if kind not in {"mahalanobis", "knn"} or not 0 <= contamination <= 0.5 or k < 1:
            raise ValueError(f"no detector {kind!r} with {contamination} and {k}")
        self._contamination = contamination
        self._measure = _Spread() if kind == "mahalanobis" else _Neighbours(k)
        self._columns = None

    def fit(self, X):
        """Learn from training rows, and set the threshold."""
        if X.ndim != 2 or len(X) < 2:
            raise ValueError("expected a table with two rows or more")
        scores = np.sort(self._measure.learn(X))[::-1]
        self._threshold = scores[int(self._contamination * len(X))]
        self._columns = X.shape[1]
        return self

    def score(self, X):
        """Return how odd rows are."""
        if self._columns is None:
            raise RuntimeError("fit comes first")
        if X.ndim != 2 or X.shape[1] != self._columns:
            raise ValueError("not the columns that were fitted")
        return self._measure.distances(X)

    def predict(self, X):
        """Return 1 for anomalies and 0 for other rows."""
        return (self.score(X) > self._threshold).astype(np.int64)


class _Spread:
    """Distance to the mean, in units of the covariance."""

    def learn(self, X):
        """Return the scores of the training rows."""
        self._varies = (X != X[0]).any(axis=0)
        rows = X[:, self._varies]
        self._mean = rows.mean(axis=0)
        gaps = rows - self._mean
        self._inverse = np.linalg.inv(gaps.T @ gaps / (len(X) - 1))
        return self.distances(X)

    def distances(self, X):
        """Return one distance per row."""
        gaps = X[:, self._varies]
        return np.sqrt((gaps @ self._inverse * gaps).sum(axis=1))


class _Neighbours:
    """Distance to the k-th nearest training row."""

    def __init__(self, k):
        self._k = k

    def learn(self, X):
        """Return the scores of the training rows, each without itself."""
        if len(X) <= self._k:
            raise ValueError("too few rows for so many neighbours")
        self._rows = X.copy()
        # itself comes first, or an equal row at the same distance
        return self._sorted(X)[:, self._k]

    def distances(self, X):
        """Return one distance per row."""
        return self._sorted(X)[:, self._k - 1]

    def _sorted(self, X):
        return np.sort(np.sqrt(((X[:, None] - self._rows) ** 2).sum(axis=2)), axis=1)


def c(n):
    """Return the expected path length among n rows."""
    if n < 1:
        raise ValueError("no rows, no paths")
    return 2 * float((1 / np.arange(1, n)).sum()) - 2 * (n - 1) / n


def path_score(depths, n):
    """Return the scores of an isolation forest."""
    if n < 2 or not len(depths):
        raise ValueError("no trees, or nothing to isolate in them")
    return 2 ** (-depths.mean(axis=0) / c(n))


def labels_of(signs):
    """Return labels 0 and 1 for signs +1 and -1."""
    if (abs(signs) != 1).any():
        raise ValueError("expected +1 and -1")
    return (signs < 0).astype(np.int64)
