"""NumPy's decomposition; takes unseen items, best first, until there are enough."""

from itertools import islice

import numpy as np


def factorise(R, k):
    """Return a vector for each user and one for each item."""
    if not 1 <= k <= min(R.shape):
        raise ValueError("k must be at least 1, and at most the number of users and of items")
    left, values, right = np.linalg.svd(R.astype(np.float64), full_matrices=False)
    return left[:, :k] * values[:k], right[:k].T.copy()


def recommend(U, V, seen, user, n):
    """Return the unseen items with the largest scores."""
    if not 0 <= user < len(U):
        raise ValueError("no such user")
    if n < 0:
        raise ValueError("n must not be negative")
    scores = V.astype(np.float64) @ U[user].astype(np.float64)
    known = set(seen.get(user, ()))
    best_first = np.argsort(-scores, kind="stable").tolist()
    return list(islice((item for item in best_first if item not in known), n))
