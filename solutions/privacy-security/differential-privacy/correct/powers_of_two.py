"""All rows at once, each scaled by a power of two, so that no square is too large or too small."""

import math

import numpy as np


def _clip_rows(rows: np.ndarray, clip: float) -> np.ndarray:
    """Clip each row to the length clip; rows that are not finite become zeros."""
    rows = np.where(np.isfinite(rows).all(axis=1, keepdims=True), rows, 0.0)
    # Scale each row by a power of two, which is exact, so that no square is too large or too small.
    _, exponent = np.frexp(np.abs(rows).max(axis=1, keepdims=True, initial=0.0))
    scaled = np.ldexp(rows, -exponent)
    length = np.sqrt((scaled**2).sum(axis=1, keepdims=True))
    with np.errstate(over="ignore"):
        long = np.ldexp(length, exponent) > clip
    return np.where(long, scaled / np.where(long, length, 1.0) * clip, rows)


def dp_mean_gradient(
    grads: np.ndarray, clip: float, sigma: float, rng: np.random.Generator, lot: int | None = None
) -> np.ndarray:
    """Clip each example's gradient, add up, add noise, divide."""
    if grads.ndim != 2:
        raise ValueError("grads must have two dimensions")
    if not (math.isfinite(clip) and clip > 0):
        raise ValueError("clip must be finite and greater than 0")
    if not (math.isfinite(sigma) and sigma >= 0):
        raise ValueError("sigma must be finite and at least 0")
    if lot is None:
        lot = len(grads)
    if lot < 1:
        raise ValueError("lot must be at least 1")

    total = _clip_rows(grads.astype(np.float64), clip).sum(axis=0)
    noise = rng.normal(0.0, sigma * clip, grads.shape[1])
    return (total + noise) / lot


def gaussian_sigma(eps: float, delta: float, sensitivity: float) -> float:
    """Return the standard deviation of the noise that a privacy budget asks for."""
    if not 0 < eps < 1:
        raise ValueError("eps must be between 0 and 1")
    if not 0 < delta < 1:
        raise ValueError("delta must be between 0 and 1")
    if not (math.isfinite(sensitivity) and sensitivity > 0):
        raise ValueError("sensitivity must be finite and greater than 0")
    # ln(1.25 / delta), without the quotient that may be too large for a float
    return float(sensitivity * math.sqrt(2 * (math.log(1.25) - math.log(delta))) / eps)
