"""Fills the matrix lag by lag; appends to the window and cuts it."""

from collections.abc import Callable

import numpy as np


def fit_ar(x: np.ndarray, p: int) -> np.ndarray:
    """Fit intercept and lags by least squares."""
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 1:
        raise ValueError("a series has one dimension")
    if not 1 <= p < len(x):
        raise ValueError("p must be at least 1 and below the length of the series")
    rows = np.ones((len(x) - p, p + 1))
    for lag in range(1, p + 1):
        rows[:, lag] = x[p - lag : len(x) - lag]
    return np.linalg.lstsq(rows, x[p:], rcond=None)[0]


def rollout(step: Callable[[np.ndarray], float], seed: np.ndarray, n: int) -> np.ndarray:
    """Generate values from a model's own predictions."""
    window = np.array(seed, dtype=np.float64)
    if window.ndim != 1 or len(window) == 0:
        raise ValueError("the seed must be a window of at least one value")
    if n < 0:
        raise ValueError("n must not be negative")
    generated = np.empty(n)
    for i in range(n):
        generated[i] = step(window.copy())
        window = np.append(window[1:], generated[i])
    return generated


def walk_forward(x: np.ndarray, p: int, start: int, horizon: int) -> np.ndarray:
    """Predict from every origin by what is known there."""
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 1:
        raise ValueError("a series has one dimension")
    if p < 1 or start <= p or horizon < 1:
        raise ValueError("p, start or horizon is too small")
    origins = range(start, len(x) - horizon + 1)
    result = np.empty((len(origins), horizon))
    for row, t in enumerate(origins):
        coef = fit_ar(x[:t], p)
        lags = coef[:0:-1]  # the oldest first, as in a window
        result[row] = rollout(lambda window, c=coef[0], lags=lags: c + window @ lags, x[t - p : t], horizon)
    return result


def mase(actual: np.ndarray, predicted: np.ndarray, train: np.ndarray) -> float:
    """Divide the mean absolute error by that of the naive forecast."""
    actual, predicted, train = (np.asarray(a, dtype=np.float64) for a in (actual, predicted, train))
    if actual.shape != predicted.shape:
        raise ValueError("the shapes differ")
    if actual.size == 0:
        raise ValueError("there is nothing to compare")
    if train.size < 2 or (train == train[0]).all():
        raise ValueError("the naive forecast has no error to compare with")
    return float(np.abs(actual - predicted).mean() / np.abs(np.diff(train)).mean())
