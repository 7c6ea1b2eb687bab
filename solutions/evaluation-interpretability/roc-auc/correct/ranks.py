"""The area by the rank sum of Mann and Whitney, the curve by searching in each class's sorted scores."""

import numpy as np


def roc_curve(y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return false and true positive rates, and the thresholds they belong to."""
    negative, positive = _split(y, scores)
    distinct = sorted({*negative.tolist(), *positive.tolist()}, reverse=True)
    thresholds = np.array([np.inf, *distinct])
    rates = [1.0 - np.searchsorted(group, thresholds, side="left") / len(group) for group in (negative, positive)]
    return rates[0], rates[1], thresholds


def roc_auc(y: np.ndarray, scores: np.ndarray) -> float:
    """Return the area under the curve."""
    negative, positive = _split(y, scores)
    below = np.searchsorted(negative, positive, side="left")
    not_above = np.searchsorted(negative, positive, side="right")
    return float((below + not_above).sum() / (2 * len(negative) * len(positive)))


def _split(y, scores):
    """Return the sorted scores of class 0 and of class 1."""
    if y.ndim != 1 or scores.ndim != 1 or len(y) != len(scores):
        raise ValueError("one label and one score per sample")
    if not np.isfinite(scores).all():
        raise ValueError("a score is not finite")
    labels = y.astype(np.int64)
    if labels.size == 0 or labels.min() != 0 or labels.max() != 1:
        raise ValueError("the labels are not 0 and 1")
    wide = np.array(scores, dtype=np.float64)
    return np.sort(wide[labels == 0]), np.sort(wide[labels == 1])
