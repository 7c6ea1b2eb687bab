"""Quantiles by Newton's method, permutations collected before they are counted."""

from math import ceil, copysign, erfc, exp, pi, sqrt

import numpy as np


def quantile(share):
    x = 0.0
    for _ in range(100):
        upper = erfc(x / sqrt(2)) / 2
        step = (upper - (1 - share)) / (exp(-x * x / 2) / sqrt(2 * pi))
        x += copysign(min(abs(step), 0.5), step)
    return x


def check(*arms):
    for hits, users in arms:
        if users <= 0 or hits < 0 or hits > users:
            raise ValueError(f"{hits} of {users}")


def level(*values):
    if any(value <= 0 or value >= 1 for value in values):
        raise ValueError("a level")


def z_test(c1, n1, c2, n2):
    check((c1, n1), (c2, n2))
    hits, users = c1 + c2, n1 + n2
    variance = hits * (users - hits) / users**2 * (1 / n1 + 1 / n2)
    z = (c2 / n2 - c1 / n1) / sqrt(variance) if variance else 0.0
    return z, erfc(sqrt(z * z / 2))


def diff_ci(c1, n1, c2, n2, alpha=0.05):
    check((c1, n1), (c2, n2))
    level(alpha)
    variance = sum(c / n * (n - c) / n / n for c, n in ((c1, n1), (c2, n2)))
    reach = quantile(1 - alpha / 2) * sqrt(variance)
    middle = c2 / n2 - c1 / n1
    return middle - reach, middle + reach


def sample_size(p, mde, alpha=0.05, power=0.8):
    level(alpha, power, p, p + mde)
    if not mde:
        raise ValueError("no effect")
    q = p + mde
    middle = p + mde / 2
    null, other = 2 * middle * (1 - middle), p - p * p + q - q * q
    return int(ceil((quantile(1 - alpha / 2) * sqrt(null) + quantile(power) * sqrt(other)) ** 2 / mde**2))


def permutation_p(a, b, stat, n, rng):
    if min(a.size, b.size, n) <= 0:
        raise ValueError("nothing to permute")
    values = np.append(a, b)
    first = len(a)
    observed = abs(stat(values[:first].copy(), values[first:].copy()))
    found = []
    for _ in range(n):
        order = rng.permutation(values.size)
        found.append(abs(stat(values[order[:first]], values[order[first:]])))
    return float((np.sum(np.array(found) >= observed * (1 - 1e-9)) + 1) / (n + 1))
