"""Mistake: min_n is ignored."""

import math
from itertools import combinations

import numpy as np


def worst_slices(table, wrong, max_order, min_n, k, z=1.96):
    """Return the slices on which the model is surely bad."""
    _refuse(table, wrong, max_order, min_n, k, z)
    coded = {name: np.unique(column, return_inverse=True) for name, column in table.items()}
    useful = sorted(name for name, (values, _) in coded.items() if len(values) > 1)
    found = []
    for order in range(1, max_order + 1):
        for names in combinations(useful, order):
            counts = _count([coded[name] for name in names], wrong)
            found += [
                (-_bound(errors, n, z), -n, tuple(zip(names, values)), errors) for values, n, errors in counts if errors
            ]
    best = sorted(found)[:k]
    return [{"where": dict(where), "n": -n, "errors": errors, "bound": -bound} for bound, n, where, errors in best]


def _count(columns, wrong):
    """Return values, rows and errors of every slice of these features."""
    sizes = [len(values) for values, _ in columns]
    codes, slice_of = np.unique(np.ravel_multi_index([places for _, places in columns], sizes), return_inverse=True)
    values = [names[places].tolist() for (names, _), places in zip(columns, np.unravel_index(codes, sizes))]
    counts = np.bincount(slice_of)
    errors = np.bincount(slice_of[wrong], minlength=len(counts))
    return zip(zip(*values), counts.tolist(), errors.tolist())


def _bound(errors, n, z):
    p = errors / n
    return (p + z**2 / (2 * n) - z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))) / (1 + z**2 / n)


def _refuse(table, wrong, max_order, min_n, k, z):
    if wrong.ndim != 1 or wrong.dtype != bool:
        raise ValueError("need a flag for each row")
    if any(column.shape != wrong.shape for column in table.values()):
        raise ValueError("need a value of each feature for each row")
    if max_order < 1 or min_n < 1 or k < 0 or z < 0:
        raise ValueError("a number is too small")
