"""The same by map."""

import math


def scale(values: list[float], factor: float) -> list[float]:
    """Return a new list with every value multiplied by factor."""
    if math.isnan(factor) or math.isinf(factor):
        raise ValueError(f"factor {factor}")
    return list(map(factor.__mul__, values))
