"""Column by column, without a product of matrices."""

import math

import numpy as np


class Detector:
    """Scores rows by their distance to the training rows."""

    def __init__(self, kind: str, contamination: float, k: int = 5) -> None:
        """Keep the settings."""
        if kind not in ("mahalanobis", "knn"):
            raise ValueError(f"unknown kind {kind!r}")
        if not 0 <= contamination <= 0.5:
            raise ValueError("contamination must lie between 0 and 0.5")
        if k < 1:
            raise ValueError("k must be at least 1")
        self._kind, self._contamination, self._k = kind, contamination, k
        self._train = None

    def fit(self, X: np.ndarray) -> "Detector":
        """Learn from training rows, and set the threshold."""
        if X.ndim != 2 or len(X) < 2:
            raise ValueError("at least two training rows are needed")
        if self._kind == "knn" and len(X) <= self._k:
            raise ValueError("more than k training rows are needed")
        self._train = np.array(X, dtype=np.float64)
        if self._kind == "mahalanobis":
            self._learn_covariance()
            scores = self._mahalanobis(self._train)
        else:
            distances = self._distances(self._train)
            np.fill_diagonal(distances, np.inf)
            scores = self._kth(distances)
        above = int(self._contamination * len(X))
        self._threshold = np.sort(scores)[::-1][above]
        return self

    def _learn_covariance(self):
        train = self._train
        self._varies = (train != train[0]).any(axis=0)
        used = train[:, self._varies]
        self._mu = used.mean(axis=0)
        centred = used - self._mu
        self._scale = np.abs(centred).max(axis=0)
        # With centred / scale = Q R, the covariance is R' R / (N - 1).
        triangle = np.linalg.qr(centred / self._scale, mode="r")
        self._whiten = np.linalg.inv(triangle) * math.sqrt(len(train) - 1)

    def _mahalanobis(self, X):
        d = (X[:, self._varies] - self._mu) / self._scale
        # Column by column: so a row's score does not depend, by rounding, on how many rows there are.
        z = np.zeros_like(d)
        for j in range(d.shape[1]):
            z += d[:, j, None] * self._whiten[j]
        total = np.zeros(len(X))
        for j in range(d.shape[1]):
            total += z[:, j] ** 2
        return np.sqrt(total)

    def _distances(self, X):
        total = np.zeros((len(X), len(self._train)))
        for j in range(X.shape[1]):
            total += (X[:, j, None] - self._train[:, j]) ** 2
        return np.sqrt(total)

    def _kth(self, distances):
        return np.partition(distances, self._k - 1, axis=1)[:, self._k - 1]

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return how odd rows are."""
        if self._train is None:
            raise RuntimeError("fit has not been called")
        if X.ndim != 2 or X.shape[1] != self._train.shape[1]:
            raise ValueError("the rows must have the columns of the training table")
        if self._kind == "mahalanobis":
            return self._mahalanobis(X)
        return self._kth(self._distances(X))

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return 1 for anomalies and 0 for other rows."""
        scores = self.score(X)
        return (scores > self._threshold).astype(np.int64)


def c(n: int) -> float:
    """Return the expected path length among n rows."""
    if n < 1:
        raise ValueError("n must be at least 1")
    if n == 1:
        return 0.0
    return 2 * math.fsum(1 / i for i in range(1, n)) - 2 * (n - 1) / n


def path_score(depths: np.ndarray, n: int) -> np.ndarray:
    """Return the scores of an isolation forest."""
    if n < 2:
        raise ValueError("n must be at least 2")
    if len(depths) == 0:
        raise ValueError("there are no trees")
    return 2.0 ** (-depths.mean(axis=0) / c(n))


def labels_of(signs: np.ndarray) -> np.ndarray:
    """Return labels 0 and 1 for signs +1 and -1."""
    odd = signs == -1
    if not (odd | (signs == 1)).all():
        raise ValueError("signs must be +1 or -1")
    return odd.astype(np.int64)
