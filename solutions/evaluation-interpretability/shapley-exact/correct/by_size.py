"""One call of the model for each set; sets are frozensets, weights factorials."""

from itertools import combinations
from math import factorial

import numpy as np


def table(f, x, background):
    if x.ndim != 1 or len(x) < 1 or len(x) > 12 or background.ndim != 2:
        raise ValueError("dimensions")
    if len(background) == 0 or background.shape[1] != len(x):
        raise ValueError("background")
    known = {}
    for size in range(len(x) + 1):
        for chosen in combinations(range(len(x)), size):
            rows = background.copy()
            rows[:, list(chosen)] = x[list(chosen)]
            known[frozenset(chosen)] = float(np.mean(f(rows)))
    return known


def contributions(known, d):
    phi = np.zeros(d)
    for s, value in known.items():
        for i in range(d):
            if i in s:
                phi[i] += factorial(len(s) - 1) * factorial(d - len(s)) / factorial(d) * value
            else:
                phi[i] -= factorial(len(s)) * factorial(d - len(s) - 1) / factorial(d) * value
    return phi


def shapley(f, x, background):
    known = table(f, x, background)
    return contributions(known, len(x)), known[frozenset()]


def interactions(f, x, background):
    known = table(f, x, background)
    d = len(x)
    matrix = np.zeros((d, d))
    for i, j in combinations(range(d), 2):
        for s, value in known.items():
            rest = len(s - {i, j})
            sign = 1 if (i in s) == (j in s) else -1
            matrix[i, j] += sign * value * factorial(rest) * factorial(d - rest - 2) / factorial(d - 1) / 2
    matrix += matrix.T
    np.fill_diagonal(matrix, contributions(known, d) - matrix.sum(axis=1))
    return matrix
