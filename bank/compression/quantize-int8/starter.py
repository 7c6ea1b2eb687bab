"""Affine and symmetric quantisation: see the statement for the rules."""

import numpy as np


def quantize(x, bits=8, symmetric=False, axis=None):
    """Return the codes of x, and the scale and the zero point of each group."""
    # Write: the range of each group, its scale, its zero point, the codes.
    return x, np.ones(1), np.zeros(1)


def dequantize(q, scale, zero_point):
    """Return the numbers that the codes stand for, as float32."""
    # Write: the difference to the zero point, times the scale.
