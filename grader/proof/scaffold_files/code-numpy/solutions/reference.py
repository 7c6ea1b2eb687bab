"""The reference."""

import numpy as np


def standardise(x: np.ndarray) -> np.ndarray:
    """Return a new array whose columns have mean 0 and variance 1."""
    if x.ndim != 2 or len(x) == 0:
        raise ValueError("x must have shape [N, D] with at least one row")
    centred = x - x.mean(axis=0)
    deviation = np.sqrt((centred**2).mean(axis=0))
    return centred / np.where(deviation == 0, 1.0, deviation)
