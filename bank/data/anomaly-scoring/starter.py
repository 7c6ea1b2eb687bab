"""Anomaly detectors: write the class and the three functions."""

import numpy as np


class Detector:
    """Scores rows by their distance to the training rows."""

    def __init__(self, kind: str, contamination: float, k: int = 5) -> None:
        """Keep the settings."""
        # Write: the refusals, the settings.

    def fit(self, X: np.ndarray) -> "Detector":
        """Learn from training rows, and set the threshold."""
        # Write: the refusals, what is learned, the threshold.
        return self

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return how odd rows are."""
        # Write: the refusals, the distances.

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return 1 for anomalies and 0 for other rows."""
        # Write: the comparison.


def c(n: int) -> float:
    """Return the expected path length among n rows."""
    # Write: the refusal, the sum.


def path_score(depths: np.ndarray, n: int) -> np.ndarray:
    """Return the scores of an isolation forest."""
    # Write: the refusals, the score.


def labels_of(signs: np.ndarray) -> np.ndarray:
    """Return labels 0 and 1 for signs +1 and -1."""
    # Write: the refusal, the labels.
