"""Adds up one matrix product per place of the filter; the image gradient is a convolution with the flipped filter."""

import numpy as np


def _sizes(x, w, stride, pad, dilation):
    if x.ndim != 4 or w.ndim != 4 or x.shape[1] != w.shape[1] or stride < 1 or dilation < 1 or pad < 0:
        raise ValueError("arguments do not fit")
    sizes = [
        (n + 2 * pad - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True)
    ]
    if min(sizes) < 1:
        raise ValueError("nothing would come out")
    return sizes


def _slices(i, j, sizes, stride, dilation):
    return tuple(
        slice(at * dilation, at * dilation + stride * (n - 1) + 1, stride) for at, n in zip((i, j), sizes, strict=True)
    )


def _pad(x, pad):
    n, c, h, width = x.shape
    wide = np.zeros((n, c, h + 2 * pad, width + 2 * pad), dtype=x.dtype)
    wide[:, :, pad : pad + h, pad : pad + width] = x
    return wide


def conv2d(x, w, b, stride=1, pad=0, dilation=1):
    """Return the convolution of images `x` with filters `w` and biases `b`."""
    sizes = _sizes(x, w, stride, pad, dilation)
    wide = _pad(x, pad)
    y = np.zeros((len(x), len(w), *sizes), dtype=x.dtype)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows, columns = _slices(i, j, sizes, stride, dilation)
            y += np.tensordot(wide[:, :, rows, columns], w[:, :, i, j], axes=(1, 1)).transpose(0, 3, 1, 2)
    return y + b.reshape(1, -1, 1, 1)


def conv2d_backward(dy, x, w, stride=1, pad=0, dilation=1):
    """Return the gradients with respect to images, filters and biases."""
    sizes = _sizes(x, w, stride, pad, dilation)
    if dy.shape != (len(x), len(w), *sizes):
        raise ValueError("dy does not fit")
    wide = _pad(x, pad)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows, columns = _slices(i, j, sizes, stride, dilation)
            dw[:, :, i, j] = np.tensordot(dy, wide[:, :, rows, columns], axes=((0, 2, 3), (0, 2, 3)))
            dwide[:, :, rows, columns] += np.tensordot(dy, w[:, :, i, j], axes=(1, 0)).transpose(0, 3, 1, 2)
    h, width = x.shape[2:]
    return dwide[:, :, pad : pad + h, pad : pad + width].copy(), dw, dy.sum(axis=3).sum(axis=2).sum(axis=0)
