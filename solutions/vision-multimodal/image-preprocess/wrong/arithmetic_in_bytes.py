"""Mistake: pixels are weighted as bytes."""

import numpy as np


def preprocess(img, short, crop, mean, std):
    """Return a float32 array of shape (3, crop, crop) for a uint8 image."""
    _refuse(img, short, crop, std)
    if img.ndim == 2:
        img = np.stack([img] * 3, axis=2)
    height, width = img.shape[:2]
    shorter = min(height, width)
    upper, lower, down = _places(height, height * short // shorter, crop)
    left, right, along = _places(width, width * short // shorter, crop)
    pixels = img.transpose(2, 0, 1)
    rows = (pixels[:, upper] + pixels[:, lower]) / 510.0
    resized = rows[:, :, left] * (1 - along) + rows[:, :, right] * along
    mean, std = (np.reshape(statistic, (3, 1, 1)) for statistic in (mean, std))
    return ((resized - mean) / std).astype(np.float32)


def _places(old, new, crop):
    """Return for each row (or column) that is cut out both neighbours, and how much the second one counts."""
    first = (new - crop) // 2
    place = np.maximum((np.arange(first, first + crop) + 0.5) * old / new - 0.5, 0)
    low = place.astype(int)
    return low, np.minimum(low + 1, old - 1), place - low


def _refuse(img, short, crop, std):
    if img.dtype != np.uint8 or img.shape[2:] not in ((), (3,)) or img.size == 0:
        raise ValueError("no uint8 image of shape (H, W) or (H, W, 3)")
    if not 1 <= crop <= short:
        raise ValueError("there is no such crop")
    if not all(value > 0 for value in std):
        raise ValueError("a deviation is not positive")
