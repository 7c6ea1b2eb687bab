"""Divides by one less, as for a sample."""

import statistics


def summary(values):
    if not values:
        raise ValueError
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0
