"""Mistake: rows that are not finite are dropped, and then as many again."""

import numpy as np


def trimmed_mean(updates, k):
    """Return the mean of each coordinate without its k smallest and k largest numbers."""
    if updates.ndim != 2 or not 0 <= 2 * k < len(updates):
        raise ValueError(f"cannot leave out {k} clients on both sides")
    # NumPy sorts NaN behind infinity
    finite = updates[np.isfinite(updates).all(axis=1)]
    kept = np.sort(finite, axis=0)[k : len(finite) - k] if len(finite) > 2 * k else finite
    return kept.mean(axis=0, dtype=np.float64).astype(updates.dtype)


def krum(updates, f):
    """Return the index of the client that has the nearest neighbours."""
    if updates.ndim != 2 or f < 0 or len(updates) <= 2 * f + 2:
        raise ValueError(f"{f} bad clients are too many")
    # the others are never near enough to count
    finite = np.flatnonzero(np.isfinite(updates).all(axis=1))
    rows = updates[finite].astype(np.float64)
    near = len(updates) - f - 2
    with np.errstate(over="ignore"):
        # one more than counts: the distance to itself, 0
        scores = [np.sort(np.square(rows - row).sum(axis=1))[: near + 1].sum() for row in rows]
    return int(finite[np.argmin(scores)])
