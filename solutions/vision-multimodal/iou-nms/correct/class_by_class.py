"""Computes all overlaps at once, then clears each class by itself with a mask of the living."""

import numpy as np


def _checked(boxes):
    if boxes.ndim != 2 or boxes.shape[-1] != 4:
        raise ValueError("boxes must have shape (N, 4)")
    wide = boxes.astype(np.float64)
    if not np.isfinite(wide).all() or np.any(wide[:, 0] > wide[:, 2]) or np.any(wide[:, 1] > wide[:, 3]):
        raise ValueError("not a box")
    return wide.T


def iou_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the intersection over union of every box of `a` with every box of `b`."""
    ax1, ay1, ax2, ay2 = _checked(a)[:, :, None]
    bx1, by1, bx2, by2 = _checked(b)[:, None, :]
    width = np.clip(np.minimum(ax2, bx2) - np.maximum(ax1, bx1), 0.0, None)
    height = np.clip(np.minimum(ay2, by2) - np.maximum(ay1, by1), 0.0, None)
    shared = width * height
    total = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - shared
    return shared / np.where(total > 0, total, 1.0)


def nms(boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray, thr: float) -> np.ndarray:
    """Return the indices of the boxes that no better box of their class covers."""
    n = _checked(boxes).shape[1]
    if scores.ndim != 1 or labels.ndim != 1 or len(scores) != n or len(labels) != n:
        raise ValueError("scores and labels must be as long as boxes")
    if not np.isfinite(scores).all() or np.isnan(thr) or thr < 0 or thr > 1:
        raise ValueError("bad score or threshold")
    alive = np.zeros(n, dtype=bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        members = members[np.lexsort((members, -scores[members].astype(np.float64)))]
        covers = iou_matrix(boxes[members], boxes[members]) > thr
        good = np.ones(len(members), dtype=bool)
        for i in range(len(members)):
            if good[i]:
                good[i + 1 :] &= ~covers[i, i + 1 :]
        alive[members[good]] = True
    winners = np.flatnonzero(alive)
    return winners[np.argsort(-scores[winners], kind="stable")].astype(np.int64)
