"""Lays the groups out as the rows of a matrix, works on rows, and lays the result back."""

import math

import numpy as np


def quantize(x: np.ndarray, bits: int = 8, symmetric: bool = False, axis: int | None = None):
    """Return the codes of x, and the scale and the zero point of each group."""
    if not 2 <= bits <= 8:
        raise ValueError("2 to 8 bits")
    if axis is not None and axis not in range(-x.ndim, x.ndim):
        raise ValueError("no such axis")
    front = x[np.newaxis] if axis is None else np.moveaxis(x, axis, 0)
    rows = np.array(front, dtype=np.float64).reshape(len(front), math.prod(front.shape[1:]))
    if np.isnan(rows).any() or np.isinf(rows).any():
        raise ValueError("only finite numbers")
    with_zero = np.concatenate([rows, np.zeros((len(rows), 1))], axis=1)
    codes, scale, zero = (_symmetric if symmetric else _affine)(rows, with_zero, bits)
    kind = np.dtype("int8" if symmetric else "uint8")
    small = [1] * x.ndim
    if axis is not None:
        small[axis] = x.shape[axis]
    codes = codes.astype(kind).reshape(front.shape)
    codes = codes[0] if axis is None else np.moveaxis(codes, 0, axis)
    return np.ascontiguousarray(codes), scale.reshape(small), zero.astype(kind).reshape(small)


def dequantize(q: np.ndarray, scale: np.ndarray, zero_point: np.ndarray) -> np.ndarray:
    """Return the numbers that the codes stand for, as float32."""
    steps = np.subtract(q, zero_point, dtype=np.int16)
    return np.multiply(steps, scale, dtype=np.float64).astype(np.float32)


def _affine(rows, with_zero, bits):
    codes = 2**bits
    lowest = with_zero.min(axis=1, keepdims=True)
    scale = _scale(np.ptp(with_zero, axis=1, keepdims=True), codes - 1)
    zero = np.around(-lowest / scale.astype(np.float64))
    return np.minimum(np.maximum(np.around(rows / scale.astype(np.float64)) + zero, 0), codes - 1), scale, zero


def _symmetric(rows, with_zero, bits):
    half = 2 ** (bits - 1) - 1
    scale = _scale(np.abs(with_zero).max(axis=1, keepdims=True), half)
    codes = np.around(rows / scale.astype(np.float64))
    return np.minimum(np.maximum(codes, -half), half), scale, np.zeros(len(rows))


def _scale(span, steps):
    scale = (span / steps).astype(np.float32)
    scale[span == 0] = 1
    return scale
