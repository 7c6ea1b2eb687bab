"""Bins by search and count, the distance in whole numbers, the p-value by the series that converges fast."""

import math

import numpy as np

FLOOR = 0.0001  # variant: floor


def _samples(*arrays):
    for x in arrays:
        if x.ndim != 1 or x.size == 0:
            raise ValueError("a sample must be 1-dimensional and not empty")
        if np.isnan(x).any():
            raise ValueError("a sample contains NaN")
    return [x.astype(np.float64) for x in arrays]


def psi(ref: np.ndarray, cur: np.ndarray, bins: int) -> float:
    """Return the population stability index."""
    ref, cur = _samples(ref, cur)
    if bins < 2:
        raise ValueError("bins must be at least 2")
    places = [-(-k * len(ref) // bins) - 1 for k in range(1, bins)]
    cuts = np.sort(ref)[places]

    def shares(x):
        counts = np.bincount(np.searchsorted(cuts, x, side="left"), minlength=bins)
        return np.maximum(counts / len(x), FLOOR)

    p, q = shares(ref), shares(cur)
    return float(((q - p) * np.log(q / p)).sum())


def _kolmogorov(x):
    """Return Q(x), by whichever of its two series converges fast."""
    if x <= 0:
        return 1.0
    if x < 1:
        total = sum(math.exp(-((2 * j - 1) ** 2) * math.pi**2 / (8 * x * x)) for j in range(1, 20))
        return 1.0 - math.sqrt(2 * math.pi) / x * total
    return 2 * sum((-1) ** (j - 1) * math.exp(-2 * j * j * x * x) for j in range(1, 20))


def ks(ref: np.ndarray, cur: np.ndarray) -> tuple[float, float]:
    """Return the largest distance of the distribution functions, and its p-value."""
    ref, cur = (np.sort(x) for x in _samples(ref, cur))
    n, m = len(ref), len(cur)
    values = np.concatenate([ref, cur])
    below_ref = np.searchsorted(ref, values, side="right")
    below_cur = np.searchsorted(cur, values, side="right")
    d = int(np.abs(below_ref * m - below_cur * n).max()) / (n * m)
    return d, _kolmogorov(d * math.sqrt(n * m / (n + m)))


class Alert:
    """An alarm that does not flap."""

    def __init__(self, high: float, low: float, hold: int) -> None:
        """Keep the settings."""
        if not low <= high:  # also if one is NaN
            raise ValueError("low must not be larger than high, and neither may be NaN")
        if hold < 1:
            raise ValueError("hold must be at least 1")
        self._high, self._low, self._hold = high, low, hold
        self._above = self._below = 0
        self._on = False

    def update(self, value: float) -> bool:
        """Take a value, and tell whether the alarm is on."""
        if math.isnan(value):
            raise ValueError("the value is NaN")
        self._above = self._above + 1 if value >= self._high else 0
        self._below = self._below + 1 if value < self._low else 0
        if self._above >= self._hold:
            self._on = True
        elif self._below >= self._hold:
            self._on = False
        return self._on
