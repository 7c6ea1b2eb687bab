"""Interpolates only the rows and columns that the crop keeps."""

import numpy as np


def _check(img, short, crop, mean, std):
    if img.dtype != np.uint8:
        raise ValueError("the image must be uint8")
    if not (img.ndim == 2 or (img.ndim == 3 and img.shape[2] == 3)) or 0 in img.shape:
        raise ValueError("the image must have the shape (H, W) or (H, W, 3)")
    if not 1 <= crop <= short:
        raise ValueError("crop must be from 1 to short")
    if mean.shape != (3,) or std.shape != (3,):
        raise ValueError("mean and std must have three entries")
    if not (std > 0).all():
        raise ValueError("std must be greater than 0")


def _interpolate(values, axis, new, crop):
    """Return what the crop keeps of `values`, resized along one axis to `new` pixels."""
    old = values.shape[axis]
    begin = (new - crop) // 2
    place = np.maximum((np.arange(begin, begin + crop) + 0.5) * old / new - 0.5, 0)
    lower = np.floor(place).astype(np.int64)
    upper = np.minimum(lower + 1, old - 1)
    shape = [1] * values.ndim
    shape[axis] = crop
    share = (place - lower).reshape(shape)
    return (1 - share) * values.take(lower, axis) + share * values.take(upper, axis)


def preprocess(img, short, crop, mean, std):
    """Return a float32 array of shape (3, crop, crop) for a uint8 image."""
    mean, std = np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64)
    _check(img, short, crop, mean, std)
    if img.ndim == 2:
        img = np.repeat(img[:, :, None], 3, axis=2)
    height, width = img.shape[:2]
    shorter = min(height, width)
    values = _interpolate(img, 0, height * short // shorter, crop)
    values = _interpolate(values, 1, width * short // shorter, crop)
    values = (values / 255 - mean) / std
    return np.ascontiguousarray(values.transpose(2, 0, 1), dtype=np.float32)
