"""Takes one row after the other, with Python's overflow-safe length, and scales standard normal numbers."""

import math

import numpy as np


def dp_mean_gradient(
    grads: np.ndarray, clip: float, sigma: float, rng: np.random.Generator, lot: int | None = None
) -> np.ndarray:
    """Clip each example's gradient, add up, add noise, divide."""
    if grads.ndim != 2:
        raise ValueError("expected one gradient per example")
    rows, width = grads.shape
    divisor = rows if lot is None else lot
    if divisor <= 0:
        raise ValueError("cannot divide by that")
    if not (math.isfinite(clip) and clip > 0 and math.isfinite(sigma) and sigma >= 0):
        raise ValueError("bound and noise must be finite, the bound positive")
    total = np.zeros(width)
    for row in grads:
        wide = row.astype(np.float64)
        length = math.hypot(*wide)
        if not np.isfinite(wide).all():
            continue
        total += wide if length <= clip else wide * (clip / length)
    total += sigma * clip * rng.standard_normal(width)
    return total / divisor


def gaussian_sigma(eps: float, delta: float, sensitivity: float) -> float:
    """Return the standard deviation of the noise that a privacy budget asks for."""
    if not (0 < eps < 1 and 0 < delta < 1):
        raise ValueError("the bound does not hold there")
    if not (sensitivity > 0 and math.isfinite(sensitivity)):
        raise ValueError("the sensitivity must be positive")
    return math.sqrt(2 * math.log(1.25 / delta)) * (sensitivity / eps)
