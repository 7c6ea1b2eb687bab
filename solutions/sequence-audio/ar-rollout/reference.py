"""Least squares on sliding windows; generation feeds on itself."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def fit_ar(x, p):
    """Fit intercept and lags by least squares."""
    if x.ndim != 1 or not 1 <= p < len(x):
        raise ValueError(f"no {p} lags in a series of shape {x.shape}")
    rows = sliding_window_view(x.astype(np.float64), p + 1)
    design = np.column_stack([np.ones(len(rows)), rows[:, -2::-1]])
    return np.linalg.lstsq(design, rows[:, -1], rcond=None)[0]


def rollout(step, seed, n):
    """Generate values from a model's own predictions."""
    if seed.ndim != 1 or seed.size == 0 or n < 0:
        raise ValueError("a window of values and a number of steps, please")
    values = list(seed.astype(np.float64))
    for t in range(n):
        values.append(step(np.array(values[t:])))
    return np.array(values[len(seed) :], dtype=np.float64)


def walk_forward(x, p, start, horizon):
    """Predict from every origin by what is known there."""
    if x.ndim != 1 or not 1 <= p < start or horizon < 1:
        raise ValueError("no origin with enough values before it")
    predictions = np.zeros((max(0, len(x) - start - horizon + 1), horizon))
    for row, origin in zip(predictions, range(start, len(x))):
        coef = fit_ar(x[:origin], p)
        row[:] = rollout(lambda window: coef[0] + window[::-1] @ coef[1:], x[origin - p : origin], horizon)
    return predictions


def mase(actual, predicted, train):
    """Divide the mean absolute error by that of the naive forecast."""
    if actual.shape != predicted.shape or actual.size == 0:
        raise ValueError("nothing to compare")
    naive = np.abs(np.diff(train.astype(np.float64)))
    if not naive.any():
        raise ValueError("the naive forecast makes no error")
    return float(np.abs(actual.astype(np.float64) - predicted).mean() / naive.mean())
