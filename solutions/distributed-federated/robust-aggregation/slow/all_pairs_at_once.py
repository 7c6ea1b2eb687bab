"""Right, but builds the differences of all pairs of clients at once."""

import numpy as np


def trimmed_mean(updates, k):
    """Return the mean of each coordinate without its k smallest and k largest numbers."""
    if updates.ndim != 2 or not 0 <= 2 * k < len(updates):
        raise ValueError(f"cannot leave out {k} clients on both sides")
    kept = np.sort(updates, axis=0)[k : len(updates) - k]
    return kept.mean(axis=0, dtype=np.float64).astype(updates.dtype)


def krum(updates, f):
    """Return the index of the client that has the nearest neighbours."""
    if updates.ndim != 2 or f < 0 or len(updates) <= 2 * f + 2:
        raise ValueError(f"{f} bad clients are too many")
    finite = np.flatnonzero(np.isfinite(updates).all(axis=1))
    rows = updates[finite].astype(np.float64)
    with np.errstate(over="ignore"):
        distances = ((rows[:, None, :] - rows[None, :, :]) ** 2).sum(axis=2)
    scores = np.sort(distances, axis=1)[:, : len(updates) - f - 1].sum(axis=1)
    return int(finite[scores.argmin()])
