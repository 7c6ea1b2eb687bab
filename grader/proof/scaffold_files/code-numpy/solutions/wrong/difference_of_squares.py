"""Takes the variance as the difference of two means, which cancels far from zero."""

import numpy as np


def standardise(x):
    if x.ndim != 2 or len(x) == 0:
        raise ValueError
    mean = x.mean(axis=0)
    deviation = np.sqrt(np.maximum((x**2).mean(axis=0) - mean**2, 0.0))
    return (x - mean) / np.where(deviation == 0, 1.0, deviation)
