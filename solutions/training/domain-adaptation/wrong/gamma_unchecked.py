"""Mistake: gamma is not looked at."""

import numpy as np


def coral(source, target, eps=0.0):
    """Return the source with the target's mean and covariance."""
    _refuse(source, target)
    if eps < 0:
        raise ValueError("eps must not be negative")
    white = (source - source.mean(axis=0)) @ _power(source, eps, -0.5)
    return white @ _power(target, eps, 0.5) + target.mean(axis=0)


def mmd2(x, y, gamma):
    """Return the unbiased estimate of the squared discrepancy."""
    _refuse(x, y)
    if gamma is None:
        raise ValueError("gamma must be positive")
    # near the origin squares of coordinates do not drown their differences
    centre = x.mean(axis=0)
    x, y = x - centre, y - centre
    return float(_mean_of_pairs(x, gamma) + _mean_of_pairs(y, gamma) - 2 * _kernel(x, y, gamma).mean())


def _refuse(x, y):
    if x.ndim != 2 or x.shape[1:] != y.shape[1:]:
        raise ValueError("need two samples with the same columns")
    if min(len(x), len(y)) < 2:
        raise ValueError("need two rows of each sample")


def _power(x, eps, exponent):
    """Return a power of the covariance; eigenvalues that rounding has made negative are 0."""
    x = x - x.mean(axis=0)
    values, vectors = np.linalg.eigh(x.T @ x / (len(x) - 1) + eps * np.eye(x.shape[1]))
    return vectors * np.maximum(values, 0) ** exponent @ vectors.T


def _kernel(x, y, gamma):
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1) - 2 * x @ y.T
    return np.exp(-gamma * squares)


def _mean_of_pairs(x, gamma):
    kernel = _kernel(x, x, gamma)
    return (kernel.sum() - kernel.trace()) / (len(x) * (len(x) - 1))
