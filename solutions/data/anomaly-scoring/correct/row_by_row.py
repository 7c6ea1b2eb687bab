"""Goes row by row; whitens by a Cholesky factor; leaves a training row out by deleting it."""

import math

import numpy as np


class Detector:
    """Scores rows by their distance to the training rows."""

    def __init__(self, kind: str, contamination: float, k: int = 5) -> None:
        if kind != "knn" and kind != "mahalanobis":
            raise ValueError("kind")
        if contamination < 0 or contamination > 0.5 or k <= 0:
            raise ValueError("settings")
        self.kind, self.contamination, self.k = kind, contamination, k
        self.train = None

    def fit(self, X: np.ndarray) -> "Detector":
        """Learn from training rows, and set the threshold."""
        if len(X.shape) != 2 or X.shape[0] <= (self.k if self.kind == "knn" else 1) or X.shape[0] < 2:
            raise ValueError("table")
        self.train = np.array(X)
        if self.kind == "knn":
            scores = [self.nearest(row, np.delete(self.train, number, axis=0)) for number, row in enumerate(X)]
        else:
            self.kept = [j for j in range(X.shape[1]) if X[:, j].min() < X[:, j].max()]
            self.mean = X[:, self.kept].mean(axis=0)
            gaps = X[:, self.kept] - self.mean
            self.factor = np.linalg.cholesky(gaps.T @ gaps / (len(X) - 1))
            scores = [self.deviation(row) for row in X]
        above = int(self.contamination * len(X))
        self.threshold = sorted(scores)[len(X) - 1 - above]
        return self

    def nearest(self, row, others):
        """Return the distance to the k-th nearest."""
        return sorted(math.dist(row, other) for other in others)[self.k - 1]

    def deviation(self, row):
        """Return the length of the whitened gap."""
        if not self.kept:
            return 0.0
        return float(np.linalg.norm(np.linalg.solve(self.factor, row[self.kept] - self.mean)))

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return how odd rows are."""
        if self.train is None:
            raise RuntimeError("not fitted")
        if len(X.shape) != 2 or X.shape[1] != self.train.shape[1]:
            raise ValueError("columns")
        if self.kind == "knn":
            return np.array([self.nearest(row, self.train) for row in X], dtype=np.float64)
        return np.array([self.deviation(row) for row in X], dtype=np.float64)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return 1 for anomalies and 0 for other rows."""
        return np.array([int(value > self.threshold) for value in self.score(X)], dtype=np.int64)


def c(n: int) -> float:
    """Return the expected path length among n rows."""
    if n <= 0:
        raise ValueError("n")
    return 2 * math.fsum(1 / i for i in range(1, n)) - 2 + 2 / n


def path_score(depths: np.ndarray, n: int) -> np.ndarray:
    """Return the scores of an isolation forest."""
    if n <= 1 or depths.shape[0] == 0:
        raise ValueError("n or trees")
    return np.exp(-math.log(2) * depths.sum(axis=0) / (depths.shape[0] * c(n)))


def labels_of(signs: np.ndarray) -> np.ndarray:
    """Return labels 0 and 1 for signs +1 and -1."""
    table = {1: 0, -1: 1}
    if not set(signs.tolist()) <= set(table):
        raise ValueError("signs")
    return np.array([table[sign] for sign in signs.tolist()], dtype=np.int64)
