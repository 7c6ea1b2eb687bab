"""The same with a table of squares, made once."""

import math

SQUARES = [0.0] * 5_000_000


def summary(values: list[float]) -> tuple[float, float]:
    """Return the mean of the values, and how far they spread around it."""
    if not values:
        raise ValueError("there are no values")
    mean = sum(values) / len(values)
    for index, value in enumerate(values):
        SQUARES[index] = (value - mean) ** 2
    return mean, math.sqrt(sum(SQUARES[: len(values)]) / len(values))
