"""Right, but visits pairs of boxes one by one in Python."""

import numpy as np


def iou_matrix(a, b):
    """Return the intersection over union of every box of `a` with every box of `b`."""
    _refuse(a)
    _refuse(b)
    rows = [[_iou(one, other) for other in b.tolist()] for one in a.tolist()]
    return np.array(rows, dtype=np.float64).reshape(len(a), len(b))


def nms(boxes, scores, labels, thr):
    """Return the indices of the boxes that no better box of their class covers."""
    _refuse(boxes)
    if scores.shape != (len(boxes),) or labels.shape != (len(boxes),) or not np.isfinite(scores).all():
        raise ValueError("each box needs one finite score and one label")
    if not 0 <= thr <= 1:
        raise ValueError("the threshold is not from 0 to 1")
    rows, names = boxes.tolist(), labels.tolist()
    kept = []
    for i in np.argsort(-scores, kind="stable").tolist():
        if not any(names[i] == names[j] and _iou(rows[i], rows[j]) > thr for j in kept):
            kept.append(i)
    return np.array(kept, dtype=np.int64)


def _refuse(boxes):
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise ValueError("boxes are rows of four finite numbers")
    if (boxes[:, :2] > boxes[:, 2:]).any():
        raise ValueError("a box ends before it begins")


def _iou(one, other):
    width = max(min(one[2], other[2]) - max(one[0], other[0]), 0.0)
    height = max(min(one[3], other[3]) - max(one[1], other[1]), 0.0)
    areas = [(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (one, other)]
    return width * height / (areas[0] + areas[1] - width * height) if width * height else 0.0
