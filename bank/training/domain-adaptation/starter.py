"""Domain adaptation: write both functions."""

import numpy as np


def coral(source: np.ndarray, target: np.ndarray, eps: float = 0.0) -> np.ndarray:
    """Return the source with the target's mean and covariance."""
    # Write: the refusals, whitening, colouring.


def mmd2(x: np.ndarray, y: np.ndarray, gamma: float) -> float:
    """Return the unbiased estimate of the squared discrepancy."""
    # Write: the refusals, three means of kernel values.
