"""Builds rows by loops, slides a deque, solves by the pseudo-inverse."""

from collections import deque

import numpy as np


def fit_ar(x, p):
    """Fit intercept and lags by least squares."""
    if x.ndim != 1:
        raise ValueError("a series has one dimension")
    if p < 1 or p >= len(x):
        raise ValueError("too few values, or no lag")
    x = np.array(x, dtype=float)
    design = np.ones((len(x) - p, p + 1))
    for lag in range(1, p + 1):
        design[:, lag] = x[p - lag : len(x) - lag]
    return np.linalg.pinv(design) @ x[p:]


def rollout(step, seed, n):
    """Generate values from a model's own predictions."""
    if seed.ndim != 1 or len(seed) < 1 or n < 0:
        raise ValueError("cannot roll out")
    window = deque((float(value) for value in seed), maxlen=len(seed))
    made = np.empty(n)
    for k in range(n):
        made[k] = step(np.array(window))
        window.append(made[k])
    return made


def walk_forward(x, p, start, horizon):
    """Predict from every origin by what is known there."""
    if x.ndim != 1 or p < 1 or start <= p or horizon < 1:
        raise ValueError("cannot walk")
    made = []
    origin = start
    while origin + horizon <= len(x):
        coef = fit_ar(x[:origin], p)
        known = [float(value) for value in x[:origin]]
        for _ in range(horizon):
            known.append(coef[0] + sum(coef[lag] * known[-lag] for lag in range(1, p + 1)))
        made.append(known[origin:])
        origin += 1
    return np.array(made, dtype=float) if made else np.empty((0, horizon))


def mase(actual, predicted, train):
    """Divide the mean absolute error by that of the naive forecast."""
    if actual.shape != predicted.shape or actual.size < 1 or len(train) < 2 or np.ptp(train) == 0:
        raise ValueError("no error, or no unit for it")
    steps = train[1:].astype(float) - train[:-1].astype(float)
    error = np.mean(np.abs(actual.astype(float) - predicted.astype(float)))
    return float(error / np.mean(np.abs(steps)))
