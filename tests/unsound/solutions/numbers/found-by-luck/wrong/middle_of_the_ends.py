"""Takes the middle between the smallest and the largest for the mean."""

import statistics


def summary(values):
    if not values:
        raise ValueError
    return (min(values) + max(values)) / 2, statistics.pstdev(values)
