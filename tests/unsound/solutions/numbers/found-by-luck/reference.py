"""The reference."""

import math


def summary(values: list[float]) -> tuple[float, float]:
    """Return the mean of the values, and how far they spread around it."""
    if not values:
        raise ValueError("there are no values")
    total = 0.0
    for value in values:
        total += value
    mean = total / len(values)
    squares = 0.0
    for value in values:
        squares += (value - mean) ** 2
    return mean, math.sqrt(squares / len(values))
