"""The ROC curve and the area under it: write both functions."""

import numpy as np


def roc_curve(y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return false and true positive rates, and the thresholds they belong to."""
    # Write: the refusals, the different scores, the rates.


def roc_auc(y: np.ndarray, scores: np.ndarray) -> float:
    """Return the area under the curve."""
    # Write: the probability that a positive sample scores higher.
