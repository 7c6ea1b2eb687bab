"""Finds the factors by one-sided Jacobi rotations, without a library's SVD; takes the best items from a heap."""

import heapq

import numpy as np


def factorise(R: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a vector for each user and one for each item."""
    users, items = R.shape
    if k < 1 or k > users or k > items:
        raise ValueError("the rank does not fit")
    table = np.array(R, dtype=float)
    turned = np.eye(items)
    for _ in range(30):
        largest = 0.0
        for i in range(items):
            for j in range(i + 1, items):
                largest = max(largest, _rotate(table, turned, i, j))
        if largest < 1e-14:
            break
    # what is left are columns at right angles, the singular values their lengths
    order = np.argsort(-np.linalg.norm(table, axis=0))[:k]
    return table[:, order], turned[:, order]


def _rotate(table, turned, i, j):
    """Make two columns orthogonal; return the cosine of the angle they had."""
    a, b = table[:, i], table[:, j]
    long, short, product = a @ a, b @ b, a @ b
    size = np.sqrt(long * short)
    if size == 0 or abs(product) < 1e-15 * size:
        return 0.0
    angle = 0.5 * np.arctan2(2 * product, long - short)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    table[:, [i, j]] = table[:, [i, j]] @ turn
    turned[:, [i, j]] = turned[:, [i, j]] @ turn
    return abs(product) / size


def recommend(U, V, seen, user, n):
    """Return the unseen items with the largest scores."""
    if user not in range(len(U)):
        raise ValueError("unknown user")
    if n < 0:
        raise ValueError("negative number of items")
    hidden = seen[user] if user in seen else set()
    scores = (V * U[user]).sum(axis=1)
    candidates = [(-float(score), item) for item, score in enumerate(scores) if item not in hidden]
    return [item for _, item in heapq.nsmallest(n, candidates)]
