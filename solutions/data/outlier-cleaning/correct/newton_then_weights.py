"""Newton's steps where they help, weights anew where they do not."""

import numpy as np


def _fences(x, k):
    q1, q3 = np.quantile(x, [0.25, 0.75], axis=0)
    return q1 - k * (q3 - q1), q3 + k * (q3 - q1)


def iqr_mask(x: np.ndarray, k: float) -> np.ndarray:
    """Return which values lie beyond the fences."""
    if not k >= 0:
        raise ValueError("k must not be negative")
    if len(x) == 0:
        return np.zeros(x.shape, dtype=bool)
    low, high = _fences(x, k)
    return (x < low) | (x > high)


def mad_z(x: np.ndarray) -> np.ndarray:
    """Return how far values lie from the median, in robust standard deviations."""
    if len(x) == 0:
        return np.zeros(x.shape)
    off = x - np.median(x)
    d = np.median(np.abs(off))
    if d == 0:
        return np.where(off == 0, 0.0, np.copysign(np.inf, off))
    return off / (1.482602218505602 * d)


def clean(train: np.ndarray, test: np.ndarray, k: float) -> tuple[np.ndarray, np.ndarray]:
    """Drop training rows with outliers, clip test rows."""
    if not k >= 0:
        raise ValueError("k must not be negative")
    if len(train) == 0:
        raise ValueError("there are no training rows")
    if train.shape[1] != test.shape[1]:
        raise ValueError("train and test must have the same columns")
    low, high = _fences(train, k)
    odd = ((train < low) | (train > high)).any(axis=1)
    return train[~odd], np.clip(test, low, high)


def huber_fit(X: np.ndarray, y: np.ndarray, delta: float, l2: float) -> tuple[np.ndarray, float]:
    """Return coefficients and intercept that minimise the penalised Huber loss."""
    if len(X) == 0 or len(X) != len(y):
        raise ValueError("X and y must have the same number of rows, at least one")
    if not delta > 0:
        raise ValueError("delta must be positive")
    if not l2 >= 0:
        raise ValueError("l2 must not be negative")
    A = np.column_stack([X, np.ones(len(X))])
    penalty = np.full(A.shape[1], float(l2))
    penalty[-1] = 0.0

    def slope(theta):
        return penalty * theta - A.T @ np.clip(y - A @ theta, -delta, delta)

    def solve(weight, right):
        return np.linalg.lstsq((A.T * weight) @ A + np.diag(penalty), right, rcond=None)[0]

    theta = np.zeros(A.shape[1])
    theta[-1] = np.median(y)
    best, smallest = theta, np.abs(slope(theta)).max()
    for _ in range(3000 if np.isfinite(delta) else 10):
        # Newton's steps find the place exactly, once it is known which rows lie within delta.
        trial = theta
        for _ in range(3):
            trial = trial - solve(np.abs(y - A @ trial) <= delta, slope(trial))
            size = np.abs(slope(trial)).max()
            if size < smallest:
                best, smallest = trial, size
        if smallest < 1e-9:
            break
        # Reweighted least squares come nearer in any case.
        r = np.abs(y - A @ theta)
        weight = np.minimum(1.0, delta / np.maximum(r, 1e-200))
        theta = solve(weight, A.T @ (weight * y))
        size = np.abs(slope(theta)).max()
        if size < smallest:
            best, smallest = theta, size
    return best[:-1].copy(), float(best[-1])
