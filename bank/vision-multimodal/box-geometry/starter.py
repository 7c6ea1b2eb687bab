"""Boxes, anchors, resize and crop: write the four functions."""

import numpy as np


def encode(boxes: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """Return the deltas of boxes relative to anchors."""
    # Write: the refusals, centres and sizes, the four numbers.


def decode(deltas: np.ndarray, anchors: np.ndarray, limit: float) -> np.ndarray:
    """Return the boxes that deltas mean relative to anchors."""
    # Write: the refusals, the limits, the way back.


def to_crop(
    boxes: np.ndarray, size: tuple[int, int], short: int, crop: int, min_area: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the boxes that are left in the crop, and their indices."""
    # Write: the refusals, the factors, where the crop begins, what is left.


def to_original(boxes: np.ndarray, size: tuple[int, int], short: int, crop: int) -> np.ndarray:
    """Return boxes of the crop in the coordinates of the original image."""
    # Write: the way back.
