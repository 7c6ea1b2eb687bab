"""Mistake: only the first row of the background is used."""

from math import comb

import numpy as np


def shapley(f, x, background):
    """Return the contribution of each feature, and the mean prediction."""
    values, sets = _values(f, x, background)
    return _phi(values, sets), float(values[0])


def interactions(f, x, background):
    """Return the contribution of each pair of features."""
    values, sets = _values(f, x, background)
    d = len(x)
    pairs = np.zeros((d, d))
    for i in range(d):
        for j in range(i):
            s = (~sets[:, i] & ~sets[:, j]).nonzero()[0]
            joint = values[s + 2**i + 2**j] - values[s + 2**i] - values[s + 2**j] + values[s]
            weights = [1 / (2 * (d - 1) * comb(d - 2, size)) for size in sets[s].sum(axis=1)]
            pairs[i, j] = pairs[j, i] = weights @ joint
    return pairs + np.diag(_phi(values, sets) - pairs.sum(axis=1))


def _phi(values, sets):
    d = sets.shape[1]
    phi = np.zeros(d)
    for i in range(d):
        s = (~sets[:, i]).nonzero()[0]
        weights = [1 / (d * comb(d - 1, size)) for size in sets[s].sum(axis=1)]
        phi[i] = weights @ (values[s + 2**i] - values[s])
    return phi


def _values(f, x, background):
    """Return the value of every set, and which features it has."""
    if x.ndim != 1 or not 1 <= len(x) <= 12:
        raise ValueError("need from 1 to 12 features")
    if background.ndim != 2 or background.shape[1] != len(x) or not len(background):
        raise ValueError("need rows with the same features")
    d = len(x)
    sets = np.arange(2**d)[:, None] >> np.arange(d) & 1 == 1
    rows = np.where(sets[:, None], x, background[:1])
    return f(rows.reshape(-1, d)).reshape(2**d, -1).mean(axis=1), sets
