"""Windows by strides; the mean is corrected by the mean of what is left."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def windows(x: np.ndarray, lookback: int, horizon: int, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut a series into what is seen and what follows."""
    if x.ndim not in (1, 2):
        raise ValueError("a series must have one or two dimensions")
    if min(lookback, horizon, stride) < 1:
        raise ValueError("lookback, horizon and stride must be at least 1")
    if x.ndim == 1:
        x = x[:, None]
    length, columns = x.shape
    if length < lookback + horizon:
        return np.empty((0, lookback, columns), dtype=x.dtype), np.empty((0, horizon, columns), dtype=x.dtype)
    both = sliding_window_view(x, lookback + horizon, axis=0)[::stride].transpose(0, 2, 1)
    return both[:, :lookback], both[:, lookback:]


def split_scale(x: np.ndarray, frac: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Split by time, and scale by what is known in training."""
    if x.ndim != 2:
        raise ValueError("x must be two-dimensional")
    n = round(frac * len(x))
    if not 1 <= n <= len(x):
        raise ValueError("there must be training rows, and no more than there are rows")
    x = x.astype(np.float64)
    train = x[:n]
    constant = (train == train[0]).all(axis=0)
    mean = train.mean(axis=0)
    mean = np.where(constant, train[0], mean + (train - mean).mean(axis=0))
    std = np.where(constant, 1.0, np.sqrt(((train - mean) ** 2).mean(axis=0)))
    scaled = (x - mean) / std
    return scaled[:n], scaled[n:], mean, std


def forecast_sets(
    x: np.ndarray, frac: float, lookback: int, horizon: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Make training and test examples of a series."""
    train, test, _, _ = split_scale(x, frac)
    X_train, y_train = windows(train, lookback, horizon, 1)
    # The first target is the first test row, or later if there is too little before it.
    known = train[max(0, len(train) - lookback) :]
    X_test, y_test = windows(np.concatenate([known, test]), lookback, horizon, 1)
    return X_train, y_train, X_test, y_test
