"""Overlaps of some rows at a time with all later boxes; what is covered is struck off a mask."""

import numpy as np

CHUNK = 256


def _checked(boxes: np.ndarray) -> np.ndarray:
    boxes = np.asarray(boxes)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError("boxes must have the shape (N, 4)")
    boxes = boxes.astype(np.float64)
    if not np.isfinite(boxes).all():
        raise ValueError("coordinates must be finite")
    if (boxes[:, :2] > boxes[:, 2:]).any():
        raise ValueError("a box has x1 > x2 or y1 > y2")
    return boxes


def _iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    width = np.minimum(a[:, None, 2], b[None, :, 2]) - np.maximum(a[:, None, 0], b[None, :, 0])
    height = np.minimum(a[:, None, 3], b[None, :, 3]) - np.maximum(a[:, None, 1], b[None, :, 1])
    inter = np.maximum(width, 0.0) * np.maximum(height, 0.0)
    area_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    area_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    union = area_a[:, None] + area_b[None, :] - inter
    return np.divide(inter, union, out=np.zeros_like(inter), where=inter > 0)


def iou_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the intersection over union of every box of `a` with every box of `b`."""
    return _iou(_checked(a), _checked(b))


def nms(boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray, thr: float) -> np.ndarray:
    """Return the indices of the boxes that no better box of their class covers."""
    boxes = _checked(boxes)
    scores, labels = np.asarray(scores), np.asarray(labels)
    if scores.shape != (len(boxes),) or labels.shape != (len(boxes),):
        raise ValueError("scores and labels must have one entry for each box")
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite")
    if not 0 <= thr <= 1:
        raise ValueError("thr must be from 0 to 1")

    order = np.argsort(-scores, kind="stable")
    boxes, labels = boxes[order], labels[order]
    alive = np.ones(len(order), dtype=bool)
    # Some rows of the matrix at a time, so that many boxes need not much memory.
    for start in range(0, len(order), CHUNK):
        stop = start + CHUNK
        covers = _iou(boxes[start:stop], boxes[start:]) > thr
        covers &= labels[start:stop, None] == labels[None, start:]
        for row, covered in enumerate(covers):
            if alive[start + row]:
                alive[start + row + 1 :] &= ~covered[row + 1 :]
    return order[alive].astype(np.int64)
