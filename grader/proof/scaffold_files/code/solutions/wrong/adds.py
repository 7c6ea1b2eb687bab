"""Adds where it should multiply."""

import math


def scale(values, factor):
    if not math.isfinite(factor):
        raise ValueError
    return [value + factor for value in values]
