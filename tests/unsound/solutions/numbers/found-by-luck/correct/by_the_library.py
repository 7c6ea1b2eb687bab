"""The same by the standard library."""

import statistics


def summary(values: list[float]) -> tuple[float, float]:
    """Return the mean of the values, and how far they spread around it."""
    if len(values) == 0:
        raise ValueError("empty")
    return statistics.fmean(values), float(statistics.pstdev(values))
