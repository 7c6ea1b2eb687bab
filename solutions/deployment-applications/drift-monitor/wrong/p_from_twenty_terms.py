"""Mistake: the series ends after twenty terms, however small x is."""

import math

import numpy as np

FLOOR = 0.0001  # variant: floor


def psi(ref, cur, bins):
    """Return the population stability index."""
    if bins < 2:
        raise ValueError(f"{bins} bins tell nothing apart")
    ref, cur = _ordered(ref), _ordered(cur)
    cuts = np.unique(ref[-(np.arange(1, bins) * -len(ref) // bins) - 1])
    p, q = _shares(ref, cuts), _shares(cur, cuts)
    return float(np.sum((q - p) * np.log(q / p)))


def ks(ref, cur):
    """Return the largest distance of the distribution functions, and its p-value."""
    ref, cur = _ordered(ref), _ordered(cur)
    values = np.concatenate([ref, cur])
    gaps = np.searchsorted(ref, values, "right") / len(ref) - np.searchsorted(cur, values, "right") / len(cur)
    distance = float(np.max(np.abs(gaps)))
    return distance, _tail(distance * math.sqrt(len(ref) * len(cur) / len(values)))


class Alert:
    """An alarm that does not flap."""

    def __init__(self, high, low, hold):
        if not low <= high or hold < 1:
            raise ValueError("an alarm needs low <= high, and one value at least")
        self._high, self._low, self._hold = high, low, hold
        self._on, self._row = False, 0

    def update(self, value):
        """Take a value, and tell whether the alarm is on."""
        if math.isnan(value):
            raise ValueError("no number")
        counts = value < self._low if self._on else value >= self._high
        self._row = self._row + 1 if counts else 0
        if self._row == self._hold:
            self._on, self._row = not self._on, 0
        return self._on


def _ordered(sample):
    """Return a sorted copy of a sample."""
    if sample.ndim != 1 or len(sample) == 0 or np.isnan(sample).any():
        raise ValueError("a sample is a list of numbers")
    return np.sort(sample)


def _shares(sample, cuts):
    """Return the share of a sorted sample in each bin."""
    ends = np.searchsorted(sample, cuts, "right")
    counts = np.diff(ends, prepend=0, append=len(sample))
    return np.maximum(counts / len(sample), FLOOR)


def _tail(x):
    """Return Kolmogorov's Q; below 0.1 it is 1 up to rounding, where the series would need more and more terms."""
    j = np.arange(1, 21)  # pragma: no mutate
    signs = 2 * (j % 2) - 1
    return float(2 * np.sum(signs * np.exp(-2 * (j * x) ** 2)))
