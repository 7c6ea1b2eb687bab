"""Refuses a single value."""

import statistics


def summary(values):
    if len(values) < 2:
        raise ValueError
    return statistics.fmean(values), statistics.pstdev(values)
