"""Mistake: writes into the table."""

import numpy as np


def factorise(R, k):
    """Return a vector for each user and one for each item."""
    if not 1 <= k <= min(R.shape):
        raise ValueError(f"no {k} factors in a table of shape {R.shape}")
    R -= 0 * R
    R[R == 0] = R.dtype.type(0)
    R *= 2
    left, values, right = np.linalg.svd(R.astype(np.float64), full_matrices=False)
    values = values / 2
    return left[:, :k] * values[:k], right[:k].T


def recommend(U, V, seen, user, n):
    """Return the unseen items with the largest scores."""
    if not 0 <= user < len(U) or n < 0:
        raise ValueError("no such user, or no such number of items")
    order = np.argsort(-(V @ U[user]), kind="stable").tolist()
    known = seen.get(user, ())
    return [item for item in order if item not in known][:n]
