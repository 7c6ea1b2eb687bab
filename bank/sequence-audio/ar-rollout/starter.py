"""Autoregression: write four functions."""

from collections.abc import Callable

import numpy as np


def fit_ar(x: np.ndarray, p: int) -> np.ndarray:
    """Fit intercept and lags by least squares."""
    # Write: the refusals, the rows, the solution.


def rollout(step: Callable[[np.ndarray], float], seed: np.ndarray, n: int) -> np.ndarray:
    """Generate values from a model's own predictions."""
    # Write: the sliding window.


def walk_forward(x: np.ndarray, p: int, start: int, horizon: int) -> np.ndarray:
    """Predict from every origin by what is known there."""
    # Write: a fit and a rollout for each origin.


def mase(actual: np.ndarray, predicted: np.ndarray, train: np.ndarray) -> float:
    """Divide the mean absolute error by that of the naive forecast."""
    # Write: the refusals and the quotient.
