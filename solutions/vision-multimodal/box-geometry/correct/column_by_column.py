"""Works on columns, with affine maps written out for x and for y."""

import numpy as np


def _columns(array, positive=False):
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError("shape (N, 4) is needed")
    columns = array.astype(float).T
    if not np.all(np.isfinite(columns)):
        raise ValueError("numbers must be finite")
    if positive and (np.any(columns[0] >= columns[2]) or np.any(columns[1] >= columns[3])):
        raise ValueError("boxes need an area")
    return columns


def encode(boxes, anchors):
    """Return the deltas of boxes relative to anchors."""
    x1, y1, x2, y2 = _columns(boxes, positive=True)
    u1, v1, u2, v2 = _columns(anchors, positive=True)
    if len(x1) != len(u1):
        raise ValueError("one anchor per box")
    aw, ah = u2 - u1, v2 - v1
    dx = (0.5 * (x1 + x2) - 0.5 * (u1 + u2)) / aw
    dy = (0.5 * (y1 + y2) - 0.5 * (v1 + v2)) / ah
    return np.stack([dx, dy, np.log(x2 - x1) - np.log(aw), np.log(y2 - y1) - np.log(ah)], axis=1)


def decode(deltas, anchors, limit):
    """Return the boxes that deltas mean relative to anchors."""
    dx, dy, dw, dh = _columns(deltas)
    u1, v1, u2, v2 = _columns(anchors, positive=True)
    if len(dx) != len(u1) or np.isnan(limit) or limit <= 0:
        raise ValueError("one anchor per delta, and a positive limit")
    aw, ah = u2 - u1, v2 - v1
    w = aw * np.exp(np.minimum(np.maximum(dw, -limit), limit))
    h = ah * np.exp(np.minimum(np.maximum(dh, -limit), limit))
    x1 = u1 + aw / 2 + dx * aw - w / 2
    y1 = v1 + ah / 2 + dy * ah - h / 2
    return np.stack([x1, y1, x1 + w, y1 + h], axis=1)


def _lengths(size, short, crop):
    height, width = size
    if height < 1 or width < 1 or crop < 1 or crop > short:
        raise ValueError("bad sizes")
    return (width * short // height, short) if height < width else (short, height * short // width)


def to_crop(boxes, size, short, crop, min_area):
    """Return the boxes that are left in the crop, and their indices."""
    across, down = _lengths(size, short, crop)
    x1, y1, x2, y2 = _columns(boxes)
    if np.any(x1 > x2) or np.any(y1 > y2) or np.isnan(min_area) or min_area <= 0:
        raise ValueError("bad boxes or area")
    x1, x2 = (np.minimum(np.maximum(x * across / size[1] - (across - crop) // 2, 0), crop) for x in (x1, x2))
    y1, y2 = (np.minimum(np.maximum(y * down / size[0] - (down - crop) // 2, 0), crop) for y in (y1, y2))
    chosen = [i for i in range(len(x1)) if (x2[i] - x1[i]) * (y2[i] - y1[i]) >= min_area]
    keep = np.array(chosen, dtype=np.int64)
    return np.stack([x1, y1, x2, y2], axis=1)[keep], keep


def to_original(boxes, size, short, crop):
    """Return boxes of the crop in the coordinates of the original image."""
    across, down = _lengths(size, short, crop)
    x1, y1, x2, y2 = _columns(boxes)
    x1, x2 = ((x + (across - crop) // 2) * size[1] / across for x in (x1, x2))
    y1, y2 = ((y + (down - crop) // 2) * size[0] / down for y in (y1, y2))
    return np.stack([x1, y1, x2, y2], axis=1)
