"""Right, but compares every sample of one class with every sample of the other."""

import numpy as np


def roc_curve(y, scores):
    """Return false and true positive rates, and the thresholds they belong to."""
    positive, negative = _classes(y, scores)
    thresholds = np.concatenate([[np.inf], np.unique(np.concatenate([positive, negative]))[::-1]])
    fpr, tpr = ((group >= thresholds[:, None]).mean(axis=1) for group in (negative, positive))
    return fpr, tpr, thresholds


def roc_auc(y, scores):
    """Return the area under the curve."""
    positive, negative = _classes(y, scores)
    larger = (positive[:, None] > negative).mean()
    equal = (positive[:, None] == negative).mean()
    return float(larger + equal / 2)


def _classes(y, scores):
    if y.ndim != 1 or y.shape != scores.shape or not ((y == 0) | (y == 1)).all() or not np.isfinite(scores).all():
        raise ValueError("not labels and scores")
    wide = scores.astype(np.float64)
    positive, negative = wide[y == 1], wide[y == 0]
    if len(positive) * len(negative) == 0:
        raise ValueError("a class is missing")
    return positive, negative
