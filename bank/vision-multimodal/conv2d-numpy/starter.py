"""2-D convolution: write both functions."""

import numpy as np


def conv2d(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, pad: int = 0, dilation: int = 1) -> np.ndarray:
    """Return the convolution of images `x` with filters `w` and biases `b`."""
    # Write: the refusals, the windows, the sums.


def conv2d_backward(
    dy: np.ndarray, x: np.ndarray, w: np.ndarray, stride: int = 1, pad: int = 0, dilation: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients with respect to images, filters and biases."""
    # Write: the refusals, the three gradients.
