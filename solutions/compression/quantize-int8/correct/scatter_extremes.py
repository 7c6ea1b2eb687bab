"""Finds the extremes with scattered minima and maxima; both ways share the rest."""

import numpy as np


def quantize(x, bits=8, symmetric=False, axis=None):
    """Return the codes of x, and the scale and the zero point of each group."""
    if bits < 2 or bits > 8:
        raise ValueError("wrong number of bits")
    shape = [1] * x.ndim
    if axis is not None:
        try:
            shape[axis] = x.shape[axis]
        except IndexError as error:
            raise ValueError("wrong axis") from error
    sums = np.abs(x.astype(np.float64)).sum()
    if not sums < np.inf:
        raise ValueError("NaN or infinity")
    low, high = np.zeros(shape), np.zeros(shape)
    places = np.broadcast_to(np.arange(low.size).reshape(shape), x.shape)
    np.minimum.at(low.reshape(-1), places, x)
    np.maximum.at(high.reshape(-1), places, x)
    kind, bottom, top = np.uint8, 0, (1 << bits) - 1
    if symmetric:
        kind, top = np.int8, (1 << (bits - 1)) - 1
        bottom, high = -top, np.maximum(-low, high)
        low = np.zeros(shape)
    width = high - low
    scale = np.float32(np.divide(width, top, out=np.ones(shape), where=width != 0))
    zero_point = (-low / np.float64(scale)).round()
    codes = np.divide(x, scale, dtype=np.float64)
    codes.round(out=codes)
    codes += zero_point
    return codes.clip(bottom, top).astype(kind), scale, zero_point.astype(kind)


def dequantize(q, scale, zero_point):
    """Return the numbers that the codes stand for, as float32."""
    return np.float32((q.astype(int) - zero_point.astype(int)) * np.float64(scale))
