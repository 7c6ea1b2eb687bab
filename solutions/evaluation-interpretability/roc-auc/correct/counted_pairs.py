"""The area as pairs counted score by score, without the curve."""

import numpy as np


def counts(y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the different scores, largest first, and how many positive and negative samples have each."""
    y, scores = np.asarray(y), np.asarray(scores)
    if y.ndim != 1 or scores.ndim != 1 or len(y) != len(scores):
        raise ValueError("y and scores must have the same shape (N,)")
    positive = y == 1
    if not (positive | (y == 0)).all():
        raise ValueError("labels must be 0 or 1")
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite")
    if positive.all() or not positive.any():
        raise ValueError("both classes are needed")
    values, place = np.unique(scores, return_inverse=True)
    with_1 = np.bincount(place[positive], minlength=len(values))
    with_0 = np.bincount(place[~positive], minlength=len(values))
    return values[::-1].astype(np.float64), with_1[::-1], with_0[::-1]


def roc_curve(y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return false and true positive rates, and the thresholds they belong to."""
    values, with_1, with_0 = counts(y, scores)
    tpr = np.concatenate([[0.0], np.cumsum(with_1) / with_1.sum()])
    fpr = np.concatenate([[0.0], np.cumsum(with_0) / with_0.sum()])
    return fpr, tpr, np.concatenate([[np.inf], values])


def roc_auc(y: np.ndarray, scores: np.ndarray) -> float:
    """Return the area under the curve."""
    _, with_1, with_0 = counts(y, scores)
    above = np.cumsum(with_1) - with_1  # positive samples with a larger score
    pairs = (with_0 * (2 * above + with_1)).sum()  # twice the pairs in the right order
    return float(pairs / (2 * with_1.sum() * with_0.sum()))
