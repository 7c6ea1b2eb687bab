"""Distances from scalar products of rows that are centred first, and refined where they are small."""

import numpy as np


def trimmed_mean(updates, k):
    """Return the mean of each coordinate without its k smallest and k largest numbers."""
    if updates.ndim != 2 or k < 0 or 2 * k >= updates.shape[0]:
        raise ValueError("no such mean")
    order = np.argsort(updates, axis=0, kind="stable")
    ranks = np.argsort(order, axis=0, kind="stable")
    inside = (ranks >= k) & (ranks < len(updates) - k)
    kept = np.where(inside, updates, 0).astype(np.float64)
    return np.array(kept.sum(axis=0) / (len(updates) - 2 * k), dtype=updates.dtype)


def krum(updates, f):
    """Return the index of the client that has the nearest neighbours."""
    if updates.ndim != 2 or f < 0 or updates.shape[0] < 2 * f + 3:
        raise ValueError("no such choice")
    good = [i for i, row in enumerate(updates) if np.isfinite(row).all()]
    wide = updates[good].astype(np.float64)
    scores = []
    for mine in wide:
        gaps = wide - mine
        largest = np.abs(gaps).max(axis=1, initial=0.0)
        scaled = gaps / np.where(largest > 0, largest, 1.0)[:, None]
        lengths = np.einsum("ij,ij->i", scaled, scaled)
        with np.errstate(over="ignore"):
            distances = np.sort(lengths * largest * largest)
        scores.append(float(distances[1 : len(updates) - f - 1].sum()))
    return good[scores.index(min(scores))]
