"""Overlap of boxes and non-maximum suppression: write both functions."""

import numpy as np


def iou_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the intersection over union of every box of `a` with every box of `b`."""
    # Write: the refusals, the intersections, the unions, boxes without area.


def nms(boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray, thr: float) -> np.ndarray:
    """Return the indices of the boxes that no better box of their class covers."""
    # Write: the order, the suppression within a class.
