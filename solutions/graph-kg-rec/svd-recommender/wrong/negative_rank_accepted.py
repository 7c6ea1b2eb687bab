"""Mistake: negative ranks count from the end."""

import numpy as np


def factorise(R, k):
    """Return a vector for each user and one for each item."""
    if k > min(R.shape) or k == 0:
        raise ValueError(f"no {k} factors in a table of shape {R.shape}")
    left, values, right = np.linalg.svd(R.astype(np.float64), full_matrices=False)
    return left[:, :k] * values[:k], right[:k].T


def recommend(U, V, seen, user, n):
    """Return the unseen items with the largest scores."""
    if not 0 <= user < len(U) or n < 0:
        raise ValueError("no such user, or no such number of items")
    order = np.argsort(-(V @ U[user]), kind="stable").tolist()
    known = seen.get(user, ())
    return [item for item in order if item not in known][:n]
