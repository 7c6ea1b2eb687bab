"""Mistake: a row is taken for a corner and a size."""

import numpy as np


def iou_matrix(a, b):
    """Return the intersection over union of every box of `a` with every box of `b`."""
    a, b = _boxes(a), _boxes(b)
    low = np.maximum(a[:, None, :2], b[:, :2])
    high = np.minimum(a[:, None, 2:], b[:, 2:])
    both = np.maximum(high - low, 0).prod(axis=2)
    union = _areas(a)[:, None] + _areas(b) - both
    return np.divide(both, union, out=np.zeros_like(both), where=both > 0)


def nms(boxes, scores, labels, thr):
    """Return the indices of the boxes that no better box of their class covers."""
    boxes = _boxes(boxes)
    if scores.shape != (len(boxes),) or labels.shape != (len(boxes),) or not np.isfinite(scores).all():
        raise ValueError("each box needs one finite score and one label")
    if not 0 <= thr <= 1:
        raise ValueError("the threshold is not from 0 to 1")
    waiting = np.argsort(-scores, kind="stable")
    kept = []
    while len(waiting):
        best, waiting = waiting[0], waiting[1:]
        kept.append(best)
        overlap = iou_matrix(boxes[[best]], boxes[waiting])[0]
        waiting = waiting[(overlap <= thr) | (labels[waiting] != labels[best])]
    return np.array(kept, dtype=np.int64)


def _boxes(boxes):
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise ValueError("boxes are rows of four finite numbers")
    if (boxes[:, :2] > boxes[:, 2:]).any():
        raise ValueError("a box ends before it begins")
    return np.concatenate([boxes[:, :2], boxes[:, :2] + np.maximum(boxes[:, 2:], 0)], axis=1).astype(np.float64)


def _areas(boxes):
    return (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
