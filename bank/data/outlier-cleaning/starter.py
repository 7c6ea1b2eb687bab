"""Outliers in tables and in regression: write the four functions."""

import numpy as np


def iqr_mask(x: np.ndarray, k: float) -> np.ndarray:
    """Return which values lie beyond the fences."""
    # Write: the refusal, the quartiles, the comparison.


def mad_z(x: np.ndarray) -> np.ndarray:
    """Return how far values lie from the median, in robust standard deviations."""
    # Write: the medians, the score, the case of no spread.


def clean(train: np.ndarray, test: np.ndarray, k: float) -> tuple[np.ndarray, np.ndarray]:
    """Drop training rows with outliers, clip test rows."""
    # Write: the refusals, the fences, what is dropped, what is clipped.


def huber_fit(X: np.ndarray, y: np.ndarray, delta: float, l2: float) -> tuple[np.ndarray, float]:
    """Return coefficients and intercept that minimise the penalised Huber loss."""
    # Write: the refusals, the iteration.
