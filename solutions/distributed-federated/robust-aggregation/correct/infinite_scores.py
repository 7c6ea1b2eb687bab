"""Means of numbers divided before they are added up; broken rows have infinite distances and scores."""

import numpy as np


def trimmed_mean(updates: np.ndarray, k: int) -> np.ndarray:
    """Return the mean of each coordinate without its k smallest and k largest numbers."""
    if updates.ndim != 2:
        raise ValueError("updates must have two dimensions")
    left = len(updates) - 2 * k
    if k < 0 or left < 1:
        raise ValueError("k is negative, or leaves nothing")
    kept = np.sort(updates.astype(np.float64), axis=0)[k : k + left]  # NaN comes last
    return (kept / left).sum(axis=0).astype(updates.dtype)  # divided first: the sum might overflow


def krum(updates: np.ndarray, f: int) -> int:
    """Return the index of the client that has the nearest neighbours."""
    if updates.ndim != 2:
        raise ValueError("updates must have two dimensions")
    count = len(updates)
    if f < 0 or count <= 2 * f + 2:
        raise ValueError("f is negative, or there are too few clients")
    finite = np.isfinite(updates).all(axis=1)
    rows = np.where(finite[:, None], updates, 0.0).astype(np.float64, copy=False)
    scores = np.full(count, np.inf)
    with np.errstate(over="ignore"):
        for i in np.flatnonzero(finite):
            difference = rows - rows[i]
            distances = np.square(difference, out=difference).sum(axis=1)
            distances[~finite] = np.inf
            distances[i] = np.inf
            scores[i] = np.sort(distances)[: count - f - 2].sum()
    candidates = np.flatnonzero(finite)
    return int(candidates[scores[candidates].argmin()])
