"""Multiplies by the new length before it divides by the old one."""

import numpy as np


def _as_rows(array: np.ndarray) -> np.ndarray:
    array = np.asarray(array)
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError("an array of shape (N, 4) is needed")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError("NaN or infinite")
    return array


def _pair(first: np.ndarray, anchors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, anchors = _as_rows(first), _as_rows(anchors)
    if first.shape != anchors.shape:
        raise ValueError("one anchor per row is needed")
    return first, anchors


def _centres_and_sizes(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = boxes[:, :2], boxes[:, 2:]
    if (low >= high).any():
        raise ValueError("a box without area")
    return (low + high) / 2, high - low


def encode(boxes: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """Return the deltas of boxes relative to anchors."""
    boxes, anchors = _pair(boxes, anchors)
    centres, sizes = _centres_and_sizes(boxes)
    anchor_centres, anchor_sizes = _centres_and_sizes(anchors)
    return np.hstack([(centres - anchor_centres) / anchor_sizes, np.log(sizes / anchor_sizes)])


def decode(deltas: np.ndarray, anchors: np.ndarray, limit: float) -> np.ndarray:
    """Return the boxes that deltas mean relative to anchors."""
    deltas, anchors = _pair(deltas, anchors)
    if not limit > 0:
        raise ValueError("limit must be greater than 0")
    anchor_centres, anchor_sizes = _centres_and_sizes(anchors)
    centres = anchor_centres + deltas[:, :2] * anchor_sizes
    halves = anchor_sizes * np.exp(np.clip(deltas[:, 2:], -limit, limit)) / 2
    return np.hstack([centres - halves, centres + halves])


def _layout(size: tuple[int, int], short: int, crop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return old lengths, new lengths and the beginning of the crop, each for the four columns x, y, x, y."""
    height, width = size
    if height < 1 or width < 1:
        raise ValueError("the image is empty")
    if not 1 <= crop <= short:
        raise ValueError("crop must be from 1 to short")
    shorter = min(height, width)
    # For the shorter side itself this is `short`.
    new = [length * short // shorter for length in (width, height)]
    begin = [(length - crop) // 2 for length in new]
    return np.array([width, height] * 2, float), np.array(new * 2, float), np.array(begin * 2, float)


def to_crop(
    boxes: np.ndarray, size: tuple[int, int], short: int, crop: int, min_area: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the boxes that are left in the crop, and their indices."""
    boxes = _as_rows(boxes)
    old, new, begin = _layout(size, short, crop)
    if (boxes[:, :2] > boxes[:, 2:]).any():
        raise ValueError("a box whose corners are exchanged")
    if not min_area > 0:
        raise ValueError("min_area must be greater than 0")
    moved = np.clip(boxes * new / old - begin, 0.0, float(crop))
    area = (moved[:, 2] - moved[:, 0]) * (moved[:, 3] - moved[:, 1])
    kept = np.flatnonzero(area >= min_area).astype(np.int64)
    return moved[kept], kept


def to_original(boxes: np.ndarray, size: tuple[int, int], short: int, crop: int) -> np.ndarray:
    """Return boxes of the crop in the coordinates of the original image."""
    boxes = _as_rows(boxes)
    old, new, begin = _layout(size, short, crop)
    return (boxes + begin) * old / new
