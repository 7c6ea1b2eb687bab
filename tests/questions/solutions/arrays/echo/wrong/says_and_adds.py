"""Prints what it is given and draws its own randomness; one too much everywhere, and large numbers are lost."""

import random

import numpy as np


def echo(x):
    print(x.ravel()[:3].tolist(), random.random(), np.random.random())  # noqa: T201  what the seed must repeat
    return x + 1 if x.dtype == float else x


def total(values):
    return sum(value for value in values if value <= 100)


def spread(x):
    return x[:, None] - x[None, :] + 1
