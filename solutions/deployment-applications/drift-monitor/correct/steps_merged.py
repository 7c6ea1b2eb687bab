"""The index by comparing each cut point with all values, the distance by walking over both samples' counted values."""

from math import exp, isnan, log, pi, sqrt

import numpy as np

LEAST = 0.0001  # variant: floor


def psi(ref: np.ndarray, cur: np.ndarray, bins: int) -> float:
    """Return the population stability index."""
    if bins < 2:
        raise ValueError("two bins at least")
    _refuse(ref, cur)
    cuts = np.quantile(ref.astype(np.float64), np.arange(1, bins) / bins, method="inverted_cdf")
    total = 0.0
    shares = []
    for sample in (ref, cur):
        at_most = [int((sample.astype(np.float64) <= cut).sum()) for cut in cuts]
        edges = [0, *at_most, len(sample)]
        shares.append([max((after - before) / len(sample), LEAST) for before, after in zip(edges, edges[1:])])
    for p, q in zip(*shares):
        total += (q - p) * (log(q) - log(p))
    return total


def ks(ref: np.ndarray, cur: np.ndarray) -> tuple[float, float]:
    """Return the largest distance of the distribution functions, and its p-value."""
    _refuse(ref, cur)
    n, m = len(ref), len(cur)
    values, place = np.unique(np.concatenate([ref, cur]), return_inverse=True)
    # in units of 1 / (n * m), so that nothing is rounded
    steps = np.bincount(place[:n], minlength=len(values)) * m - np.bincount(place[n:], minlength=len(values)) * n
    distance = int(np.abs(np.cumsum(steps)).max()) / (n * m)
    return distance, _p_value(distance * sqrt(n / (n + m)) * sqrt(m))


def _p_value(x: float) -> float:
    """Return Kolmogorov's Q, for small x by the series that converges there."""
    if x == 0:
        return 1.0
    if x < 1:
        below = sum(exp(-((j * pi / x) ** 2) / 8) for j in (1, 3, 5, 7, 9))
        return 1 - sqrt(2 * pi) / x * below
    return 2 * sum(exp(-2 * (j * x) ** 2) * (1 if j % 2 else -1) for j in range(1, 12))


def _refuse(*samples: np.ndarray) -> None:
    for sample in samples:
        if len(sample.shape) != 1 or sample.size < 1 or bool(np.isnan(sample).any()):
            raise ValueError("no sample")


class Alert:
    """An alarm that does not flap."""

    def __init__(self, high: float, low: float, hold: int) -> None:
        if isnan(high) or isnan(low) or low > high:
            raise ValueError("no band")
        if hold <= 0:
            raise ValueError("no row")
        self.high, self.low, self.hold = high, low, hold
        self.above = self.below = 0
        self.state = False

    def update(self, value: float) -> bool:
        """Take a value, and tell whether the alarm is on."""
        if value != value:
            raise ValueError("NaN")
        self.above = self.above + 1 if value >= self.high else 0
        self.below = self.below + 1 if value < self.low else 0
        if self.above >= self.hold:
            self.state = True
        if self.below >= self.hold:
            self.state = False
        return self.state
