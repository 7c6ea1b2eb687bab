"""Returns None for an empty list."""

import math


def scale(values, factor):
    if not math.isfinite(factor):
        raise ValueError
    if not values:
        return None
    return [value * factor for value in values]
