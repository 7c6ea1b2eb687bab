"""Mistake: divides by singular values that may be 0."""

import numpy as np


def factorise(R, k):
    """Return a vector for each user and one for each item."""
    if not 1 <= k <= min(R.shape):
        raise ValueError(f"no {k} factors in a table of shape {R.shape}")
    values, vectors = np.linalg.eigh(R.astype(float).T @ R)
    V = vectors[:, ::-1][:, :k]
    values = np.sqrt(values[::-1][:k])
    return (R @ V) / values, V * values


def recommend(U, V, seen, user, n):
    """Return the unseen items with the largest scores."""
    if not 0 <= user < len(U) or n < 0:
        raise ValueError("no such user, or no such number of items")
    order = np.argsort(-(V @ U[user]), kind="stable").tolist()
    known = seen.get(user, ())
    return [item for item in order if item not in known][:n]
