"""Right, but computes each place of the result by itself."""

import numpy as np


def conv2d(x, w, b, stride=1, pad=0, dilation=1):
    """Return the convolution of images `x` with filters `w` and biases `b`."""
    wide, (height, width) = _ready(x, w, stride, pad, dilation)
    y = np.zeros((len(x), len(w), height, width), dtype=x.dtype)
    for h, v in np.ndindex(height, width):
        window = _window(wide, w, h * stride, v * stride, dilation)
        for n, o in np.ndindex(len(x), len(w)):
            y[n, o, h, v] = (window[n] * w[o]).sum() + b[o]
    return y


def conv2d_backward(dy, x, w, stride=1, pad=0, dilation=1):
    """Return the gradients with respect to images, filters and biases."""
    wide, (height, width) = _ready(x, w, stride, pad, dilation)
    if dy.shape != (len(x), len(w), height, width):
        raise ValueError("dy does not have the shape of the result")
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for h, v in np.ndindex(height, width):
        window = _window(wide, w, h * stride, v * stride, dilation)
        slope = _window(dwide, w, h * stride, v * stride, dilation)
        for n, o in np.ndindex(len(x), len(w)):
            dw[o] += dy[n, o, h, v] * window[n]
            slope[n] += dy[n, o, h, v] * w[o]
    rows, columns = x.shape[2:]
    return dwide[:, :, pad : pad + rows, pad : pad + columns], dw, dy.sum(axis=(0, 2, 3))


def _ready(x, w, stride, pad, dilation):
    if x.ndim != 4 or w.ndim != 4 or x.shape[1] != w.shape[1] or min(stride, dilation) < 1 or pad < 0:
        raise ValueError("arguments do not fit")
    pairs = zip(x.shape[2:], w.shape[2:], strict=True)
    sizes = [(side + 2 * pad - dilation * (k - 1) - 1) // stride + 1 for side, k in pairs]
    if min(sizes) < 1:
        raise ValueError("the stretched filter is larger than the padded image")
    return np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)]), sizes


def _window(wide, w, top, left, dilation):
    height, width = (dilation * (side - 1) + 1 for side in w.shape[2:])
    return wide[:, :, top : top + height : dilation, left : left + width : dilation]
