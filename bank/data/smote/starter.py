"""Synthetic minority oversampling: write both functions."""

import numpy as np


def smote(X: np.ndarray, y: np.ndarray, k: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and classes, and behind them new rows of the rarer classes."""
    # Write: the refusals, the neighbours, the draws, the new rows.


def split_then_resample(
    X: np.ndarray, y: np.ndarray, test_size: int, k: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return a balanced training set, and a test set that it knows nothing of."""
    # Write: the refusal, the split, the balancing.
