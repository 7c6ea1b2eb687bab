"""Does not look at the shape."""

import numpy as np


def standardise(x):
    deviation = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(deviation == 0, 1.0, deviation)
