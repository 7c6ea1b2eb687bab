"""Works on lists: counts with Counter, sorts pairs of distance and row number."""

import math
from collections import Counter
from statistics import fmean, median

import numpy as np


def lacks(value):
    """Whether a cell is missing."""
    return value is None or value != value


class Imputer:
    """Fills gaps by a statistic of each column."""

    def __init__(self, strategy: str) -> None:
        self.compute = {"mean": self.mean, "median": self.median, "most_frequent": self.mode}.get(strategy)
        if self.compute is None:
            raise ValueError(strategy)
        self.fitted = False

    @staticmethod
    def mean(values):
        return math.fsum(values) / len(values)

    @staticmethod
    def median(values):
        return median(map(float, values))

    @staticmethod
    def mode(values):
        counts = Counter(values)
        return min(counts, key=lambda value: (-counts[value], value))

    def fit(self, X: np.ndarray) -> "Imputer":
        """Compute a value for each column."""
        if len(X.shape) != 2:
            raise ValueError("a table has two dimensions")
        if X.dtype.kind == "O" and self.compute is not self.mode:
            raise ValueError("there is no arithmetic of objects")
        self.fills = []
        for place in range(X.shape[1]):
            values = [value for value in X[:, place].tolist() if not lacks(value)]
            self.fills.append(self.compute(values) if values else 0)
        self.fitted = True
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return a copy without gaps."""
        if not self.fitted:
            raise RuntimeError("not fitted")
        if len(X.shape) != 2 or X.shape[1] != len(self.fills):
            raise ValueError("other columns")
        result = np.array(X)
        for place in np.ndindex(*X.shape):
            if lacks(X[place]):
                result[place] = self.fills[place[1]]
        return result


def knn_fill(known: np.ndarray, X: np.ndarray, k: int) -> np.ndarray:
    """Return a copy of X whose gaps are filled from the nearest rows that are known."""
    if k <= 0:
        raise ValueError("no neighbours")
    if known.shape[1] != X.shape[1]:
        raise ValueError("other columns")
    result = X.copy()
    for i, row in enumerate(X):
        for j in range(X.shape[1]):
            if math.isnan(row[j]):
                result[i, j] = guess(known, row, j, k)
    return result


def guess(known, row, column, k):
    """Return the value of one cell."""
    observed = [other for other in known if not math.isnan(other[column])]
    near = []
    for number, other in enumerate(observed):
        both = [(a - b) ** 2 for a, b in zip(row, other) if not math.isnan(a + b)]
        if both:
            near.append((fmean(both), number))
    chosen = [number for _, number in sorted(near)[:k]] or range(len(observed))
    return fmean(observed[number][column] for number in chosen) if observed else 0.0
