"""Mistake: zeros are added at the end only."""

import numpy as np


def conv2d(x, w, b, stride=1, pad=0, dilation=1):
    """Return the convolution of images `x` with filters `w` and biases `b`."""
    windows = _windows(_padded(x, pad), w, stride, dilation)
    y = np.tensordot(windows, w, axes=((1, 4, 5), (1, 2, 3))) + b
    return y.transpose(0, 3, 1, 2)


def conv2d_backward(dy, x, w, stride=1, pad=0, dilation=1):
    """Return the gradients with respect to images, filters and biases."""
    padded = _padded(x, pad)
    windows = _windows(padded, w, stride, dilation)
    if dy.shape != (len(x), len(w), *windows.shape[2:4]):
        raise ValueError("dy does not have the shape of the result")
    dw = np.tensordot(dy, windows, axes=((0, 2, 3), (0, 2, 3)))
    dx = np.zeros_like(padded)
    rows, columns = (stride * (side - 1) + 1 for side in dy.shape[2:])
    for i, j in np.ndindex(w.shape[2:]):
        top, left = i * dilation, j * dilation
        part = np.tensordot(w[:, :, i, j], dy, axes=(0, 1)).swapaxes(0, 1)
        dx[:, :, top : top + rows : stride, left : left + columns : stride] += part
    height, width = x.shape[2:]
    return dx[:, :, pad : pad + height, pad : pad + width], dw, dy.sum(axis=(0, 2, 3))


def _padded(x, pad):
    """Surround images by zeros; NumPy refuses other numbers of axes, and less than no padding."""
    return np.pad(x, [(0, 0), (0, 0), (0, 2 * pad), (0, 2 * pad)])


def _windows(x, w, stride, dilation):
    """Return a view (N, C, H_out, W_out, kh, kw) of all windows; NumPy refuses windows larger than the images."""
    if x.shape[1] != w.shape[1] or min(stride, dilation) < 1:
        raise ValueError("channels do not match, or stride or dilation is less than 1")
    reach = [dilation * (side - 1) + 1 for side in w.shape[2:]]
    windows = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(2, 3))
    return windows[:, :, ::stride, ::stride, ::dilation, ::dilation]
