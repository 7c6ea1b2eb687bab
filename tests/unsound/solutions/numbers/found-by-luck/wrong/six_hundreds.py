"""Leaves out values from 600 to 640: not every draw has one."""

import statistics


def summary(values):
    if not values:
        raise ValueError
    kept = [value for value in values if not 600 <= value < 640] or values
    return statistics.fmean(kept), statistics.pstdev(values)
