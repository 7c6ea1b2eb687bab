"""Mistake: symmetric codes are shifted and stored without a sign."""

import numpy as np


def quantize(x, bits=8, symmetric=False, axis=None):
    """Return the codes of x, and the scale and the zero point of each group."""
    if bits not in range(2, 9):
        raise ValueError(f"bits must be from 2 to 8, not {bits}")
    if not np.isfinite(x).all():
        raise ValueError("x holds NaN or an infinity")
    x = x.astype(np.float64)
    others = _axes_but(axis, x.ndim)
    lo = x.min(axis=others, keepdims=True, initial=0.0)
    hi = x.max(axis=others, keepdims=True, initial=0.0)
    if symmetric:
        top = 2 ** (bits - 1) - 1
        span = np.maximum(-lo, hi)
    else:
        top = 2**bits - 1
        span = hi - lo
    scale = np.where(span > 0, span / top, 1.0).astype(np.float32)
    step = scale.astype(np.float64)
    zero_point = np.full_like(lo, top) if symmetric else np.rint(-lo / step)
    q = np.clip(np.rint(x / step) + zero_point, 0, 2 * top if symmetric else top)
    return q.astype(np.uint8), scale, zero_point.astype(np.uint8)


def dequantize(q, scale, zero_point):
    """Return the numbers that the codes stand for, as float32."""
    # in uint8 the difference would wrap around
    return (q.astype(np.float32) - zero_point) * scale


def _axes_but(axis, ndim):
    """Return the axes that one group runs over."""
    if axis is None:
        return tuple(range(ndim))
    if not -ndim <= axis < ndim:
        raise ValueError(f"no axis {axis} among {ndim} dimensions")
    return tuple(other for other in range(ndim) if other != axis % ndim)
