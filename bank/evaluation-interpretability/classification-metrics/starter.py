"""A confusion matrix and its scores: write both functions."""

import numpy as np


def confusion(y_true: list, y_pred: list, labels: list | None = None) -> tuple[list, np.ndarray]:
    """Return the classes, and how often which was taken for which."""
    # Write: the refusals, the classes, the counts.


def report(matrix: np.ndarray, average: str | None = "macro") -> dict:
    """Return accuracy, precision, recall and F1."""
    # Write: the refusals, the scores of each class, their mean.
