"""Mistake: Outliers count like all others."""

import numpy as np


def iqr_mask(x, k):
    """Return which values lie beyond the fences."""
    if k < 0:
        raise ValueError("the fences would cross")
    if not len(x):
        return np.zeros(0, dtype=bool)
    low, high = _fences(x, k)
    return (x < low) | (x > high)


def mad_z(x):
    """Return how far values lie from the median, in robust standard deviations."""
    if not len(x):
        return np.zeros(0)
    gaps = x - np.median(x)
    spread = np.median(abs(gaps))
    if spread:
        return gaps / (1.482602218505602 * spread)
    return np.where(gaps, np.copysign(np.inf, gaps), 0.0)


def clean(train, test, k):
    """Drop training rows with outliers, clip test rows."""
    if k < 0 or not len(train) or train.shape[1] != test.shape[1]:
        raise ValueError("no fences for these tables")
    low, high = _fences(train, k)
    inside = (train >= low) & (train <= high)
    return train[inside.all(axis=1)], np.clip(test, low, high)


def huber_fit(X, y, delta, l2):
    """Return coefficients and intercept that minimise the penalised Huber loss."""
    if not len(y) or len(X) != len(y) or delta <= 0 or l2 < 0:
        raise ValueError("nothing to fit, or no such loss")
    A = np.column_stack([X, np.ones(len(y))])
    penalty = np.diag([l2] * X.shape[1] + [0])
    before, weights = np.zeros(len(y)), np.ones(len(y))
    while abs(before - weights).max() > _TINY:
        w = np.linalg.solve(A.T * weights @ A + penalty, A.T @ (weights * y))
        residuals = abs(y - A @ w)
        before, weights = weights, residuals**0
    return w[:-1], float(w[-1])


def _fences(x, k):
    """Return the lower and the upper fence, of each column of a table."""
    low, high = np.quantile(x, [0.25, 0.75], axis=0)
    return low - k * (high - low), high + k * (high - low)


_TINY = 1e-10  # pragma: no mutate
