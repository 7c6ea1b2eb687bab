"""Singular values instead of eigenvalues; kernels one row at a time."""

import numpy as np


def coral(source, target, eps=0.0):
    _check(source, target)
    if eps < 0:
        raise ValueError("eps")
    roots = []
    for data in (source, target):
        centred = data - np.mean(data, axis=0, keepdims=True)
        _, singular, rows = np.linalg.svd(centred, full_matrices=True)
        variances = np.zeros(data.shape[1])
        variances[: len(singular)] = singular**2 / (len(data) - 1)
        roots.append(rows.T @ np.diag(np.sqrt(variances + eps)) @ rows)
    centred = source - np.mean(source, axis=0, keepdims=True)
    return np.linalg.solve(roots[0], centred.T).T @ roots[1] + np.mean(target, axis=0, keepdims=True)


def mmd2(x, y, gamma):
    _check(x, y)
    if not gamma > 0:
        raise ValueError("gamma")

    def total(row, others):
        return np.exp(-gamma * ((others - row) ** 2).sum(axis=1)).sum()

    def within(rows):
        n = len(rows)
        return sum(total(row, rows[i + 1 :]) for i, row in enumerate(rows)) * 2 / (n * (n - 1))

    between = sum(total(row, y) for row in x) / (len(x) * len(y))
    return float(within(x) + within(y) - 2 * between)


def _check(*samples):
    for sample in samples:
        if sample.ndim != 2:
            raise ValueError("two dimensions")
        if sample.shape[0] < 2 or sample.shape[1] != samples[0].shape[1]:
            raise ValueError("rows or columns")
