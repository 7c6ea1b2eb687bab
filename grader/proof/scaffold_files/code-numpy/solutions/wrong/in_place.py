"""Writes into the caller's array."""

import numpy as np


def standardise(x):
    if x.ndim != 2 or len(x) == 0:
        raise ValueError
    x -= x.mean(axis=0)
    deviation = np.sqrt((x**2).mean(axis=0))
    x /= np.where(deviation == 0, 1.0, deviation)
    return x
