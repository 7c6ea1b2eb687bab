"""The reference."""

import math


def scale(values: list[float], factor: float) -> list[float]:
    """Return a new list with every value multiplied by factor."""
    if not math.isfinite(factor):
        raise ValueError("factor must be finite")
    return [value * factor for value in values]
