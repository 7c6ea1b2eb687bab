"""Right, but goes from pixel to pixel in Python."""

import math

import numpy as np


def preprocess(img, short, crop, mean, std):
    """Return a float32 array of shape (3, crop, crop) for a uint8 image."""
    if img.dtype != np.uint8 or img.ndim not in (2, 3) or img.shape[2:] not in ((), (3,)) or img.size == 0:
        raise ValueError("no uint8 image of shape (H, W) or (H, W, 3)")
    if not 1 <= crop <= short:
        raise ValueError("there is no such crop")
    if len(mean) != 3 or len(std) != 3 or not all(value > 0 for value in std):
        raise ValueError("three means and three positive deviations are needed")
    height, width = img.shape[:2]
    planes = [img.tolist()] * 3 if img.ndim == 2 else img.transpose(2, 0, 1).tolist()
    sizes = [side * short // min(height, width) for side in (height, width)]
    rows, columns = (_places(old, new, crop) for old, new in zip((height, width), sizes, strict=True))
    result = np.zeros((3, crop, crop), dtype=np.float32)
    for c, plane in enumerate(planes):
        for i, (upper, lower, down) in enumerate(rows):
            for j, (left, right, along) in enumerate(columns):
                above = plane[upper][left] * (1 - along) + plane[upper][right] * along
                below = plane[lower][left] * (1 - along) + plane[lower][right] * along
                result[c, i, j] = ((above * (1 - down) + below * down) / 255 - mean[c]) / std[c]
    return result


def _places(old, new, crop):
    first = (new - crop) // 2
    places = [max((i + 0.5) * old / new - 0.5, 0.0) for i in range(first, first + crop)]
    return [(math.floor(p), min(math.floor(p) + 1, old - 1), p - math.floor(p)) for p in places]
