"""Walks down the sorted samples and notes a point whenever the score changes."""

import numpy as np


def roc_curve(y, scores):
    """Return false and true positive rates, and the thresholds they belong to."""
    points = _points(y, scores)
    false, true, thresholds = (np.array(column, dtype=np.float64) for column in zip(*points))
    return false / false[-1], true / true[-1], thresholds


def roc_auc(y, scores):
    """Return the area under the curve."""
    points = _points(y, scores)
    area = 0
    for (false, true, _), (more_false, more_true, _) in zip(points, points[1:]):
        area += (more_false - false) * (true + more_true)
    return area / (2 * points[-1][0] * points[-1][1])


def _points(y, scores):
    """Return counts of false and true positives, and the threshold, from the highest score down."""
    if y.shape != scores.shape or len(y.shape) != 1:
        raise ValueError("shapes do not fit")
    labels, values = y.tolist(), scores.tolist()
    if set(labels) != {0, 1} or not np.isfinite(scores).all():
        raise ValueError("need both classes and finite scores")
    points, false, true = [(0, 0, float("inf"))], 0, 0
    for place in np.argsort(-scores).tolist():
        if labels[place]:
            true += 1
        else:
            false += 1
        if values[place] == points[-1][2]:
            points.pop()
        points.append((false, true, values[place]))
    return points
