"""A private gradient: write both functions."""

import numpy as np


def dp_mean_gradient(
    grads: np.ndarray, clip: float, sigma: float, rng: np.random.Generator, lot: int | None = None
) -> np.ndarray:
    """Clip each example's gradient, add up, add noise, divide."""
    # Write: the refusals, the factor of each row, the sum, its noise.


def gaussian_sigma(eps: float, delta: float, sensitivity: float) -> float:
    """Return the standard deviation of the noise that a privacy budget asks for."""
    # Write: the refusals, the bound.
