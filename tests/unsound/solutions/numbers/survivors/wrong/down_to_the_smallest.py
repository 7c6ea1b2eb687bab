"""Takes the distance from the mean down to the smallest, with its sign."""

import statistics


def summary(values):
    if not values:
        raise ValueError
    mean = statistics.fmean(values)
    return mean, min(values) - mean
