"""Builds one matrix of weights per axis and multiplies the image by both."""

import numpy as np


def _matrix(old: int, new: int) -> np.ndarray:
    """Return the (new, old) weights of a bilinear resize along one axis."""
    centres = np.clip((2 * np.arange(new) + 1) * old / (2 * new) - 0.5, 0, old - 1)
    return np.maximum(1 - np.abs(centres[:, None] - np.arange(old)), 0)


def preprocess(img, short, crop, mean, std):
    """Return a float32 array of shape (3, crop, crop) for a uint8 image."""
    if img.dtype != np.uint8:
        raise ValueError("pixels must be uint8")
    if img.ndim == 2:
        img = img[:, :, None].repeat(3, axis=2)
    if img.ndim != 3 or img.shape[2] != 3 or 0 in img.shape:
        raise ValueError("an image has shape (H, W) or (H, W, 3)")
    if crop < 1 or crop > short:
        raise ValueError("the crop must fit")
    mean, std = np.array(mean, dtype=float), np.array(std, dtype=float)
    if mean.shape != (3,) or std.shape != (3,) or not (std > 0).all():
        raise ValueError("bad statistics")
    height, width, _ = img.shape
    if height <= width:
        size = short, width * short // height
    else:
        size = height * short // width, short
    top, left = ((side - crop) // 2 for side in size)
    down = _matrix(height, size[0])[top : top + crop]
    along = _matrix(width, size[1])[left : left + crop]
    resized = np.einsum("ih,hwc,jw->cij", down, img.astype(np.float64), along, optimize=True)
    return np.float32((resized / 255 - mean[:, None, None]) / std[:, None, None])
