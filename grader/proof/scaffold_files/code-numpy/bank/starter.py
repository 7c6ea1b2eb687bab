"""Standardise the columns of a matrix."""

import numpy as np


def standardise(x: np.ndarray) -> np.ndarray:
    """Return a new array whose columns have mean 0 and variance 1."""
    return np.zeros_like(x)  # write your answer here
