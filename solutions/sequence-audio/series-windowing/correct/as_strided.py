"""Sets the strides by hand; scales in two passes."""

import numpy as np
from numpy.lib.stride_tricks import as_strided


def windows(x, lookback, horizon, stride):
    """Cut a series into what is seen and what follows."""
    if x.ndim == 1:
        x = x[:, np.newaxis]
    if x.ndim != 2 or lookback < 1 or horizon < 1 or stride < 1:
        raise ValueError("no windows of that kind")
    number = max(0, (len(x) - lookback - horizon) // stride + 1)
    row, column = x.strides

    def view(start, length):
        if number == 0:
            return np.empty((0, length, x.shape[1]), dtype=x.dtype)
        return as_strided(x[start:], (number, length, x.shape[1]), (row * stride, row, column), writeable=False)

    return view(0, lookback), view(lookback, horizon)


def split_scale(x, frac):
    """Split by time, and scale by what is known in training."""
    if x.ndim != 2:
        raise ValueError("rows and columns, please")
    n = round(frac * x.shape[0])
    if n < 1 or n > x.shape[0]:
        raise ValueError("no training rows, or too many")
    train, test = np.array(x[:n], dtype=np.float64), np.array(x[n:], dtype=np.float64)
    mean, std = np.empty(x.shape[1]), np.empty(x.shape[1])
    for f, column in enumerate(train.T):
        if np.all(column == column[0]):
            mean[f], std[f] = column[0], 1.0
        else:
            mean[f] = column.sum() / n
            std[f] = np.sqrt(((column - mean[f]) ** 2).sum() / n)
    return (train - mean) / std, (test - mean) / std, mean, std


def forecast_sets(x, frac, lookback, horizon):
    """Make training and test examples of a series."""
    train, test, *_ = split_scale(x, frac)
    n = len(train)
    seen, following = windows(np.vstack([train, test]), lookback, horizon, 1)
    first = max(0, n - lookback)
    return (*windows(train, lookback, horizon, 1), seen[first:], following[first:])
