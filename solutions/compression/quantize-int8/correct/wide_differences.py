"""Reduces over all axes but one; differences of codes in int64, their products in float64."""

import numpy as np


def quantize(x, bits=8, symmetric=False, axis=None):
    """Return the codes of x, and the scale and the zero point of each group."""
    if bits not in range(2, 9):
        raise ValueError("bits must be from 2 to 8")
    if axis is not None and not -x.ndim <= axis < x.ndim:
        raise ValueError("x has no such axis")
    x = x.astype(np.float64)
    if not np.isfinite(x).all():
        raise ValueError("x must be finite")

    within = tuple(i for i in range(x.ndim) if axis is None or i != axis % x.ndim)
    lo = np.minimum(x.min(axis=within, keepdims=True, initial=0.0), 0.0)
    hi = np.maximum(x.max(axis=within, keepdims=True, initial=0.0), 0.0)
    if symmetric:
        top = 2 ** (bits - 1) - 1
        bottom, reach, dtype = -top, np.maximum(-lo, hi), np.int8
    else:
        top = 2**bits - 1
        bottom, reach, dtype = 0, hi - lo, np.uint8

    scale = np.where(reach > 0, reach / top, 1.0).astype(np.float32)
    step = scale.astype(np.float64)
    zero_point = np.zeros_like(step) if symmetric else np.round(-lo / step)
    q = np.clip(np.round(x / step) + zero_point, bottom, top)
    return q.astype(dtype), scale, zero_point.astype(dtype)


def dequantize(q, scale, zero_point):
    """Return the numbers that the codes stand for, as float32."""
    difference = q.astype(np.int64) - zero_point.astype(np.int64)
    return (difference * scale.astype(np.float64)).astype(np.float32)
