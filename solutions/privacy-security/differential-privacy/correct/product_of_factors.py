"""The sum as a product of factors and rows; rows are scaled by their largest entry before they are measured."""

import numpy as np


def dp_mean_gradient(grads, clip, sigma, rng, lot=None):
    """Clip each example's gradient, add up, add noise, divide."""
    if np.ndim(grads) != 2:
        raise ValueError("two dimensions, please")
    if lot is None:
        lot = grads.shape[0]
    if lot < 1 or not np.isfinite([clip, sigma]).all() or clip <= 0 or sigma < 0:
        raise ValueError("these numbers make no step")
    finite = grads[np.isfinite(grads).all(axis=1)].astype(np.float64)
    largest = np.abs(finite).max(axis=1, initial=1e-300)
    lengths = largest * np.linalg.norm(finite / largest[:, None], axis=1)
    long = lengths > clip
    factors = np.ones(len(finite))
    factors[long] = clip / lengths[long]
    noise = rng.normal(loc=0.0, scale=sigma * clip, size=grads.shape[1])
    return (factors @ finite + noise) / lot


def gaussian_sigma(eps, delta, sensitivity):
    """Return the standard deviation of the noise that a privacy budget asks for."""
    for share in (eps, delta):
        if not 0 < share < 1:
            raise ValueError("not between 0 and 1")
    if not np.isfinite(sensitivity) or sensitivity <= 0:
        raise ValueError("not a distance")
    return float(sensitivity * np.sqrt(2 * (np.log(1.25) - np.log(delta))) / eps)
