"""Keeps one exact rational sum for each moment."""

from fractions import Fraction
from math import sqrt

import numpy as np


def metrics(y, p, w=None):
    r = Running()
    r.update(y, p, w)
    return r.result()


class Running:
    def __init__(self):
        self.sums = [Fraction(0)] * 5

    def update(self, y, p, w=None):
        y, p = column(y), column(p)
        if w is None:
            w = np.ones(len(y))
        if w.ndim != 1 or len({len(y), len(p), len(w)}) != 1:
            raise ValueError("rows")
        rows = [[Fraction(v) for v in row] for row in zip(y, p, column(w))]
        if any(weight < 0 for _, _, weight in rows):
            raise ValueError("weights")
        for truth, guess, weight in rows:
            error = guess - truth
            terms = (1, truth, truth * truth, abs(error), error * error)
            self.sums = [total + weight * term for total, term in zip(self.sums, terms)]

    def merge(self, other):
        self.sums = [mine + theirs for mine, theirs in zip(self.sums, other.sums)]

    def result(self):
        weight, first, second, absolute, squared = self.sums
        if weight == 0:
            raise ValueError("no rows")
        spread = second - first * first / weight
        r2 = 1 - squared / spread if spread else (1 if squared == 0 else 0)
        mse = squared / weight
        return {"mse": float(mse), "rmse": sqrt(mse), "mae": float(absolute / weight), "r2": float(r2)}


def column(array):
    if array.ndim == 2 and array.shape[1] == 1:
        array = array.reshape(-1)
    if array.ndim != 1:
        raise ValueError("shape")
    values = array.tolist()
    if not np.isfinite(np.array(values, dtype=np.float64)).all():
        raise ValueError("not finite")
    return values
