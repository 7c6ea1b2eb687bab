"""Newton's method with steps that are halved where they lead up; quartiles by hand."""

import math

import numpy as np


def at(values, share):
    """Return a quantile of sorted values."""
    place = share * (len(values) - 1)
    low = math.floor(place)
    part = place - low
    return values[low] if part == 0 else values[low] * (1 - part) + values[low + 1] * part


def borders(values, k):
    """Return both fences of one column."""
    ordered = np.sort(values)
    q1, q3 = at(ordered, 0.25), at(ordered, 0.75)
    return q1 - k * (q3 - q1), q3 + k * (q3 - q1)


def iqr_mask(x: np.ndarray, k: float) -> np.ndarray:
    """Return which values lie beyond the fences."""
    if k < 0:
        raise ValueError("k")
    if x.size == 0:
        return np.array([], dtype=bool)
    low, high = borders(x, k)
    return ~((low <= x) & (x <= high))


def mad_z(x: np.ndarray) -> np.ndarray:
    """Return how far values lie from the median, in robust standard deviations."""
    if x.size == 0:
        return np.array([])
    middle = at(np.sort(x), 0.5)
    spread = at(np.sort(np.abs(x - middle)), 0.5)
    if spread == 0:
        return np.array([0.0 if value == middle else math.copysign(math.inf, value - middle) for value in x])
    return (x - middle) / spread / 1.482602218505602


def clean(train: np.ndarray, test: np.ndarray, k: float) -> tuple[np.ndarray, np.ndarray]:
    """Drop training rows with outliers, clip test rows."""
    if len(train) == 0 or k < 0:
        raise ValueError("train or k")
    if train.shape[1] != test.shape[1]:
        raise ValueError("columns")
    good = np.ones(len(train), dtype=bool)
    clipped = test.copy()
    for j in range(train.shape[1]):
        low, high = borders(train[:, j], k)
        good &= ~iqr_mask(train[:, j], k)
        clipped[test[:, j] < low, j] = low
        clipped[test[:, j] > high, j] = high
    return train[good], clipped


def huber_fit(X: np.ndarray, y: np.ndarray, delta: float, l2: float) -> tuple[np.ndarray, float]:
    """Return coefficients and intercept that minimise the penalised Huber loss."""
    if len(y) == 0 or X.shape[0] != len(y):
        raise ValueError("rows")
    if not delta > 0 or l2 < 0:
        raise ValueError("loss")
    A = np.hstack([X, np.ones((len(y), 1))])
    ridge = np.full(A.shape[1], float(l2))
    ridge[-1] = 0

    def loss(point):
        r = np.abs(y - A @ point)
        inner = np.minimum(r, delta)
        return (inner * (r - inner / 2)).sum() + (ridge * point**2).sum() / 2

    point = np.append(np.zeros(X.shape[1]), np.median(y))
    for _ in range(300):
        r = y - A @ point
        slope = ridge * point - A.T @ np.clip(r, -delta, delta)
        if np.abs(slope).max() < 1e-9:
            break
        near = A[np.abs(r) <= delta]
        step = -np.linalg.lstsq(near.T @ near + np.diag(ridge) + 1e-9 * np.eye(len(point)), slope, rcond=None)[0]
        while loss(point + step) > loss(point) and np.abs(step).max() > 1e-14:
            step = step / 2
        point = point + step
    return point[:-1], float(point[-1])
