"""Mistake: thresholds are float32."""

import numpy as np


def roc_curve(y, scores):
    """Return false and true positive rates, and the thresholds they belong to."""
    if y.ndim != 1 or y.shape != scores.shape:
        raise ValueError("need one score per sample")
    if not np.isin(y, [0, 1]).all() or not np.isfinite(scores).all():
        raise ValueError("a label or a score is not valid")
    if len(np.unique(y)) < 2:
        raise ValueError("need samples of both classes")
    values, places = np.unique(-scores.astype(np.float64), return_inverse=True)
    fpr, tpr = (_rates(places[y == label], len(values)) for label in (0, 1))
    return fpr, tpr, np.concatenate([np.array([np.inf], np.float32), -values.astype(np.float32)])


def roc_auc(y, scores):
    """Return the area under the curve."""
    fpr, tpr, _ = roc_curve(y, scores)
    return float(np.diff(fpr) @ (tpr[1:] + tpr[:-1]) / 2)


def _rates(places, count):
    """Return the share of samples that have been met before each place, and at the end."""
    return np.concatenate([[0], np.bincount(places, minlength=count).cumsum()]) / len(places)
