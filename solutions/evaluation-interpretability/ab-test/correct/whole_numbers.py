"""Whole numbers as long as possible; quantiles of the lower tail."""

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np


def _check_arms(c1: int, n1: int, c2: int, n2: int) -> None:
    for c, n in ((c1, n1), (c2, n2)):
        if n < 1 or not 0 <= c <= n:
            raise ValueError("an arm needs users, and successes from 0 to their number")


def _check_open_unit(**numbers: float) -> None:
    for name, number in numbers.items():
        if not 0 < number < 1:
            raise ValueError(f"{name} must lie between 0 and 1")


def _upper_quantile(tail: float) -> float:
    """Return q(1 - tail), without losing a small tail in 1 - tail."""
    return -NormalDist().inv_cdf(tail)


def z_test(c1: int, n1: int, c2: int, n2: int) -> tuple[float, float]:
    """Return the statistic of the pooled test, and its two-sided p-value."""
    _check_arms(c1, n1, c2, n2)
    c, n = c1 + c2, n1 + n2
    if c in (0, n):
        return 0.0, 1.0
    # Whole numbers as long as possible: the rates may be nearly equal.
    difference = (c2 * n1 - c1 * n2) / (n1 * n2)
    se = math.sqrt(c * (n - c) / (n * n1 * n2))
    z = difference / se
    return z, math.erfc(abs(z) / math.sqrt(2))


def diff_ci(c1: int, n1: int, c2: int, n2: int, alpha: float = 0.05) -> tuple[float, float]:
    """Return the interval of the difference of rates."""
    _check_arms(c1, n1, c2, n2)
    _check_open_unit(alpha=alpha)
    difference = (c2 * n1 - c1 * n2) / (n1 * n2)
    se = math.sqrt(c1 * (n1 - c1) / n1**3 + c2 * (n2 - c2) / n2**3)
    half = _upper_quantile(alpha / 2) * se
    return difference - half, difference + half


def sample_size(p: float, mde: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return the number of users of each arm."""
    s = p + mde
    _check_open_unit(p=p, changed=s, alpha=alpha, power=power)
    if mde == 0:
        raise ValueError("mde must not be 0")
    m = (p + s) / 2
    root = _upper_quantile(alpha / 2) * math.sqrt(2 * m * (1 - m))
    root += NormalDist().inv_cdf(power) * math.sqrt(p * (1 - p) + s * (1 - s))
    return math.ceil(root**2 / mde**2)


def permutation_p(
    a: np.ndarray,
    b: np.ndarray,
    stat: Callable[[np.ndarray, np.ndarray], float],
    n: int,
    rng: np.random.Generator,
) -> float:
    """Return the p-value of any statistic."""
    if len(a) == 0 or len(b) == 0:
        raise ValueError("both arms need values")
    if n < 1:
        raise ValueError("n must be at least 1")
    pooled = np.concatenate([a, b])
    first = len(a)
    limit = abs(float(stat(a.copy(), b.copy()))) * (1 - 1e-9)
    extreme = 0
    for _ in range(n):
        order = rng.permutation(len(pooled))
        value = stat(pooled[order[:first]], pooled[order[first:]])
        extreme += abs(float(value)) >= limit
    return (1 + extreme) / (1 + n)
