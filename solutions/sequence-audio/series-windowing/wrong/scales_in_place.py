"""Mistake: the caller's array is scaled."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def windows(x, lookback, horizon, stride):
    """Cut a series into what is seen and what follows."""
    if x.ndim not in (1, 2):
        raise ValueError(f"a series has one or two dimensions, not {x.ndim}")
    if min(lookback, horizon, stride) < 1:
        raise ValueError("lookback, horizon and stride are at least 1")
    x = x[:, None] if x.ndim == 1 else x
    length = lookback + horizon
    if len(x) < length:
        return x[:0, None].repeat(lookback, axis=1), x[:0, None].repeat(horizon, axis=1)
    rows = sliding_window_view(x, length, axis=0)[::stride].swapaxes(1, 2)
    return rows[:, :lookback], rows[:, lookback:]


def split_scale(x, frac):
    """Split by time, and scale by what is known in training."""
    if x.ndim != 2:
        raise ValueError(f"a series has two dimensions here, not {x.ndim}")
    n = round(frac * len(x))
    if not 1 <= n <= len(x):
        raise ValueError(f"{n} training rows of {len(x)}")
    rows = x.astype(np.float64, copy=False)
    train = rows[:n]
    constant = train.min(axis=0) == train.max(axis=0)
    mean = np.where(constant, train[0], train.mean(axis=0))
    std = np.where(constant, 1.0, train.std(axis=0))
    rows -= mean
    rows /= std
    scaled = rows.copy()
    return scaled[:n], scaled[n:], mean, std


def forecast_sets(x, frac, lookback, horizon):
    """Make training and test examples of a series."""
    train, test, _, _ = split_scale(x, frac)
    known = train[max(0, len(train) - lookback) :]
    return *windows(train, lookback, horizon, 1), *windows(np.concatenate([known, test]), lookback, horizon, 1)
