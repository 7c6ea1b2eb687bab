"""One matrix product for each place of the filter, forwards and backwards."""

from collections.abc import Iterator

import numpy as np


def _out_size(x: np.ndarray, w: np.ndarray, stride: int, pad: int, dilation: int) -> tuple[int, int]:
    """Refuse what does not fit, and return the numbers of rows and columns of the result."""
    if x.ndim != 4 or w.ndim != 4:
        raise ValueError("x and w must have four axes")
    if x.shape[1] != w.shape[1]:
        raise ValueError("the channels differ")
    if stride < 1 or dilation < 1 or pad < 0:
        raise ValueError("stride, dilation or pad is too small")
    rows, columns = (
        (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
        for size, kernel in zip(x.shape[2:], w.shape[2:], strict=True)
    )
    if rows < 1 or columns < 1:
        raise ValueError("the filter is larger than the image")
    return rows, columns


def _padded(x: np.ndarray, pad: int) -> np.ndarray:
    return np.pad(x.astype(np.float64), ((0, 0), (0, 0), (pad, pad), (pad, pad)))


def _places(
    w: np.ndarray, size: tuple[int, int], stride: int, dilation: int
) -> Iterator[tuple[int, int, tuple[slice, slice, slice, slice]]]:
    """Give each place of the filter, with what it touches in the padded images."""
    everything = slice(None)
    spans = [(length - 1) * stride + 1 for length in size]
    for u in range(w.shape[2]):
        for v in range(w.shape[3]):
            rows = slice(u * dilation, u * dilation + spans[0], stride)
            columns = slice(v * dilation, v * dilation + spans[1], stride)
            yield u, v, (everything, everything, rows, columns)


def conv2d(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, pad: int = 0, dilation: int = 1) -> np.ndarray:
    """Return the convolution of images `x` with filters `w` and biases `b`."""
    size = _out_size(x, w, stride, pad, dilation)
    p, filters = _padded(x, pad), w.astype(np.float64)
    n, c = x.shape[:2]
    y = np.zeros((n, len(w), size[0] * size[1]))
    for u, v, touched in _places(w, size, stride, dilation):
        y += filters[:, :, u, v] @ p[touched].reshape(n, c, -1)
    y += b.astype(np.float64)[:, None]
    return y.reshape(n, len(w), *size).astype(x.dtype)


def conv2d_backward(
    dy: np.ndarray, x: np.ndarray, w: np.ndarray, stride: int = 1, pad: int = 0, dilation: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients with respect to images, filters and biases."""
    size = _out_size(x, w, stride, pad, dilation)
    n, c, height, width = x.shape
    if dy.shape != (n, len(w), *size):
        raise ValueError("dy has not the shape of the result")
    p, filters = _padded(x, pad), w.astype(np.float64)
    flat = dy.astype(np.float64).reshape(n, len(w), -1)
    dp, dw = np.zeros_like(p), np.zeros_like(filters)
    for u, v, touched in _places(w, size, stride, dilation):
        patch = p[touched].reshape(n, c, -1)
        dw[:, :, u, v] = (flat @ patch.transpose(0, 2, 1)).sum(axis=0)
        dp[touched] += (filters[:, :, u, v].T @ flat).reshape(n, c, *size)
    dx = dp[:, :, pad : pad + height, pad : pad + width]
    db = flat.sum(axis=(0, 2))
    return dx.astype(x.dtype), dw.astype(x.dtype), db.astype(x.dtype)
