"""Ensembles: write the four functions."""

from collections.abc import Callable

import numpy as np

Predict = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, np.ndarray], Predict]


def soft_vote(probs: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the weighted mean of the models' probabilities."""


def hard_vote(labels: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the class with the most votes for each sample."""


def bag(fit: Fit, x: np.ndarray, y: np.ndarray, count: int, rng: np.random.Generator) -> tuple[Predict, np.ndarray]:
    """Return the mean of models learnt from resampled rows, and the predictions out of bag."""


def stack(fits: list[Fit], meta: Fit, x: np.ndarray, y: np.ndarray, folds: np.ndarray) -> tuple[Predict, np.ndarray]:
    """Return a model on top of models, and what it was learnt from."""
