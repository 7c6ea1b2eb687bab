"""Shapley attributions: write both functions."""

from collections.abc import Callable

import numpy as np

Model = Callable[[np.ndarray], np.ndarray]


def shapley(f: Model, x: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the contribution of each feature, and the mean prediction."""


def interactions(f: Model, x: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return the contribution of each pair of features."""
