"""Mistake: the deviation is taken for a variance."""

import math

import numpy as np


def dp_mean_gradient(grads, clip, sigma, rng, lot=None):
    """Clip each example's gradient, add up, add noise, divide."""
    if grads.ndim != 2 or not 0 < clip < math.inf or not 0 <= sigma < math.inf:
        raise ValueError("no such batch, bound or noise")
    lot = len(grads) if lot is None else lot
    if lot < 1:
        raise ValueError("nothing to divide by")
    rows = grads.astype(np.float64)
    rows[~np.isfinite(rows).all(axis=1)] = 0
    # unlike a sum of squares, hypot does not overflow at 1e200
    norms = np.hypot.reduce(rows, axis=1, keepdims=True)
    factors = clip / np.maximum(norms, clip)
    total = (rows * factors).sum(axis=0) + rng.normal(0.0, math.sqrt(sigma * clip), rows.shape[1])
    return total / lot


def gaussian_sigma(eps, delta, sensitivity):
    """Return the standard deviation of the noise that a privacy budget asks for."""
    if not 0 < eps < 1 or not 0 < delta < 1 or not 0 < sensitivity < math.inf:
        raise ValueError("no such budget")
    return sensitivity * math.sqrt(2 * math.log(1.25 / delta)) / eps
