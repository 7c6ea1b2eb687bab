"""The same by other means."""

import numpy as np


def echo(x):
    return np.array(x, copy=True)


def total(values):
    return int(np.sum(np.array(values, dtype=object)))


def spread(x):
    return np.subtract.outer(x, x)
