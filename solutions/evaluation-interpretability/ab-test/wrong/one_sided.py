"""Mistake: only one side is counted."""

import math
from statistics import NormalDist

import numpy as np


def z_test(c1, n1, c2, n2):
    """Return the statistic of the pooled test, and its two-sided p-value."""
    _refuse(c1, n1, c2, n2)
    rate = (c1 + c2) / (n1 + n2)
    if rate in (0, 1):
        return 0.0, 1.0
    z = (c2 / n2 - c1 / n1) / math.sqrt(rate * (1 - rate) * (1 / n1 + 1 / n2))
    # where 1 - cdf would be 0, erfc still has all its digits
    return z, math.erfc(abs(z) / math.sqrt(2)) / 2


def diff_ci(c1, n1, c2, n2, alpha=0.05):
    """Return the interval of the difference of rates."""
    _refuse(c1, n1, c2, n2)
    r1, r2 = c1 / n1, c2 / n2
    half = _quantile(alpha) * math.sqrt(r1 * (1 - r1) / n1 + r2 * (1 - r2) / n2)
    return r2 - r1 - half, r2 - r1 + half


def sample_size(p, mde, alpha=0.05, power=0.8):
    """Return the number of users of each arm."""
    s = p + mde
    if not (0 < p < 1 and 0 < s < 1) or mde == 0:
        raise ValueError("need two different rates between 0 and 1")
    m = (p + s) / 2
    no_change = _quantile(alpha) * math.sqrt(2 * m * (1 - m))
    change = NormalDist().inv_cdf(power) * math.sqrt(p * (1 - p) + s * (1 - s))
    return math.ceil(((no_change + change) / mde) ** 2)


def permutation_p(a, b, stat, n, rng):
    """Return the p-value of any statistic."""
    if not len(a) or not len(b) or n < 1:
        raise ValueError("need values in both arms, and a permutation")
    pooled = np.concatenate([a, b])
    observed = abs(stat(a.copy(), b.copy())) * (1 - 1e-9)
    far = 1
    for _ in range(n):
        mixed = pooled[rng.permutation(len(pooled))]
        far += abs(stat(mixed[: len(a)], mixed[len(a) :])) >= observed
    return float(far / (1 + n))


def _quantile(alpha):
    """Return what a standard normal value exceeds, by its size, with the probability alpha."""
    # inv_cdf itself refuses a share that is not between 0 and 1, here and for the power
    if alpha >= 1:
        raise ValueError("alpha must lie between 0 and 1")
    return NormalDist().inv_cdf(1 - alpha / 2)


def _refuse(*counts):
    for c, n in (counts[:2], counts[2:]):
        if n < 1 or not 0 <= c <= n:
            raise ValueError("need users, and no more successes than users")
