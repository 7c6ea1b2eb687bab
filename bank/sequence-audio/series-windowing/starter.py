"""Windows over a time series: write three functions."""

import numpy as np


def windows(x: np.ndarray, lookback: int, horizon: int, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut a series into what is seen and what follows."""
    # Write: the refusals, the third dimension, two views.


def split_scale(x: np.ndarray, frac: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Split by time, and scale by what is known in training."""
    # Write: the split, the statistics, both scaled parts.


def forecast_sets(
    x: np.ndarray, frac: float, lookback: int, horizon: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Make training and test examples of a series."""
    # Write: which rows belong to the windows of which part.
