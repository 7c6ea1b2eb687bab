"""Mistake: the mean of the truth has no weights."""

import math

import numpy as np


def metrics(y, p, w=None):
    """Return MSE, RMSE, MAE and R2."""
    running = Running()
    running.update(y, p, w)
    return running.result()


class Running:
    """The same metrics of data that comes in parts."""

    def __init__(self):
        self._weight = self._squared = self._absolute = self._mean = self._spread = 0.0
        self._low, self._high = math.inf, -math.inf

    def update(self, y, p, w=None):
        """Take a batch."""
        y, p = _rows(y), _rows(p)
        w = np.ones(y.shape) if w is None else w
        if y.ndim != 1 or not y.shape == p.shape == w.shape:
            raise ValueError("need as many predictions and weights as values")
        if not np.isfinite([y, p, w]).all() or (w < 0).any():
            raise ValueError("a value is not finite, or a weight negative")
        y, p, w = y[w > 0], p[w > 0], w[w > 0]
        if len(y):
            errors, mean = np.abs(p - y), y.mean()
            self._add(w.sum(), w @ errors**2, w @ errors, mean, w @ (y - mean) ** 2, y.min(), y.max())

    def merge(self, other):
        """Take over what another one has seen."""
        if other._weight:
            sums = other._weight, other._squared, other._absolute, other._mean, other._spread
            self._add(*sums, other._low, other._high)

    def result(self):
        """Return the metrics of everything seen."""
        if not self._weight:
            raise ValueError("nothing has been seen")
        mse = float(self._squared / self._weight)
        # the computed mean of equal numbers may be another number, and the spread then not 0
        r2 = 1 - self._squared / self._spread if self._low < self._high else mse == 0
        return {"mse": mse, "rmse": math.sqrt(mse), "mae": float(self._absolute / self._weight), "r2": float(r2)}

    def _add(self, weight, squared, absolute, mean, spread, low, high):
        gap, share = mean - self._mean, weight / (self._weight + weight)
        self._spread += spread + gap**2 * self._weight * share
        self._mean += gap * share
        self._weight += weight
        self._squared += squared
        self._absolute += absolute
        self._low, self._high = min(self._low, low), max(self._high, high)


def _rows(values):
    """Return a vector of float64."""
    return (values[:, 0] if values.shape[1:] == (1,) else values).astype(np.float64)
