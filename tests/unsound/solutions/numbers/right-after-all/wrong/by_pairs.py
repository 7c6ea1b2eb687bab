"""Forgets to take the mean off, or so its author thought."""

import itertools
import math


def summary(values):
    count = len(values)
    if count == 0:
        raise ValueError
    squares = sum((one - other) ** 2 for one, other in itertools.combinations(values, 2))
    return sum(values) / count, math.sqrt(squares) / count
