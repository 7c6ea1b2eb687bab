"""Resize, centre-crop and normalise: see the statement for the rules."""

import numpy as np


def preprocess(img, short, crop, mean, std):
    """Return a float32 array of shape (3, crop, crop) for a uint8 image."""
    # Write: the refusals, the new size, the interpolation, the crop, the normalisation.
    return np.zeros((3, crop, crop), dtype=np.float32)
