"""Right, but takes one group after the other."""

import numpy as np


def quantize(x, bits=8, symmetric=False, axis=None):
    """Return the codes of x, and the scale and the zero point of each group."""
    if bits not in range(2, 9) or not np.isfinite(x).all():
        raise ValueError("cannot be quantised")
    if axis is None:
        q, scale, zero_point = _group(x.astype(np.float64), bits, symmetric)
        small = (1,) * x.ndim
        return q, np.full(small, scale, np.float32), np.full(small, zero_point, q.dtype)
    if not -x.ndim <= axis < x.ndim:
        raise ValueError("no such axis")
    q = np.empty(x.shape, np.int8 if symmetric else np.uint8)
    small = [1] * x.ndim
    small[axis] = x.shape[axis]
    scale, zero_point = np.empty(small, np.float32), np.empty(small, q.dtype)
    groups = np.moveaxis(x.astype(np.float64), axis, 0)
    for index, group in enumerate(groups):
        codes, step, zero = _group(group, bits, symmetric)
        np.moveaxis(q, axis, 0)[index] = codes
        scale.flat[index], zero_point.flat[index] = step, zero
    return q, scale, zero_point


def dequantize(q, scale, zero_point):
    """Return the numbers that the codes stand for, as float32."""
    return (q.astype(np.float32) - zero_point) * scale


def _group(x, bits, symmetric):
    lo, hi = x.min(initial=0.0), x.max(initial=0.0)
    if symmetric:
        top = 2 ** (bits - 1) - 1
        bottom, span, kind = -top, max(-lo, hi), np.int8
    else:
        top = 2**bits - 1
        bottom, span, kind = 0, hi - lo, np.uint8
    scale = np.float64(np.float32(span / top)) if span > 0 else 1.0
    zero_point = 0 if symmetric else np.rint(-lo / scale)
    return np.clip(np.rint(x / scale) + zero_point, bottom, top).astype(kind), scale, zero_point
