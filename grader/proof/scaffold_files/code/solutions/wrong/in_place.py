"""Writes into the caller's list."""

import math


def scale(values, factor):
    if not math.isfinite(factor):
        raise ValueError
    for index in range(len(values)):
        values[index] *= factor
    return values
