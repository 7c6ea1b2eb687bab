"""Mistake: one box with an area is enough."""

import numpy as np


def encode(boxes, anchors):
    """Return the deltas of boxes relative to anchors."""
    if boxes.shape != anchors.shape:
        raise ValueError("each box needs one anchor")
    (centre, size), (place, extent) = _split(boxes), _split(anchors)
    return np.concatenate([(centre - place) / extent, np.log(size / extent)], axis=1)


def decode(deltas, anchors, limit):
    """Return the boxes that deltas mean relative to anchors."""
    if deltas.shape != anchors.shape or not limit > 0:
        raise ValueError("each delta needs one anchor, and the limit is to be positive")
    deltas, (place, extent) = _rows(deltas), _split(anchors)
    centre = place + deltas[:, :2] * extent
    half = extent * np.exp(np.clip(deltas[:, 2:], -limit, limit)) / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def to_crop(boxes, size, short, crop, min_area):
    """Return the boxes that are left in the crop, and their indices."""
    scale, begin = _mapping(size, short, crop)
    boxes = _rows(boxes)
    if (boxes[:, :2] > boxes[:, 2:]).any() or not min_area > 0:
        raise ValueError("a box ends before it begins, or the smallest area is not positive")
    moved = np.clip(boxes * scale - begin, 0, crop)
    keep = np.flatnonzero((moved[:, 2:] - moved[:, :2]).prod(axis=1) >= min_area)
    return moved[keep], keep


def to_original(boxes, size, short, crop):
    """Return boxes of the crop in the coordinates of the original image."""
    scale, begin = _mapping(size, short, crop)
    return (_rows(boxes) + begin) / scale


def _mapping(size, short, crop):
    """Return the factors of x1, y1, x2, y2, and where the crop begins along their axes."""
    if min(size) < 1 or not 1 <= crop <= short:
        raise ValueError("there is no such image or no such crop")
    old = np.tile(size[::-1], 2)
    new = old * short // min(size)
    return new / old, (new - crop) // 2


def _split(boxes):
    """Return centres and sizes."""
    boxes = _rows(boxes)
    size = boxes[:, 2:] - boxes[:, :2]
    if not (size > 0).any():
        raise ValueError("a box has no area")
    return boxes[:, :2] + size / 2, size


def _rows(boxes):
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise ValueError("rows of four finite numbers are needed")
    return boxes.astype(np.float64)
