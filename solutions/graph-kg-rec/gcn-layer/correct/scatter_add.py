"""Adds messages up with ufunc.at, transforms before it propagates, and keeps pairs as sorted rows."""

import numpy as np


def normalise(A: np.ndarray) -> np.ndarray:
    """Return the adjacency matrix with loops, normalised on both sides."""
    wide = np.array(A, dtype=float)
    if wide.ndim != 2 or wide.shape[0] != wide.shape[1]:
        raise ValueError("square, please")
    if not (np.isfinite(wide).all() and np.array_equal(wide, wide.T) and (wide >= 0).all()):
        raise ValueError("weights must be finite, symmetric and not negative")
    wide[np.diag_indices(len(wide))] += 1.0
    roots = np.sqrt(wide.sum(axis=0))
    return wide / np.outer(roots, roots)


def gcn(X, A, W1, b1, W2, b2):
    """Return the logits of every node."""
    S = normalise(A)
    if X.shape[0] != S.shape[0]:
        raise ValueError("features do not fit the graph")
    X, W1, W2 = (np.asarray(array, dtype=float) for array in (X, W1, W2))
    hidden = S @ (X @ W1) + b1
    return S @ (np.where(hidden > 0, hidden, 0.0) @ W2) + b2


def gcn_sparse(X, edges, W1, b1, W2, b2):
    """Return the logits of every node of a graph that is given by its edges."""
    n = X.shape[0]
    if edges.size and not (0 <= int(edges.min()) and int(edges.max()) < n):
        raise ValueError("no such node")
    low, high = edges.min(axis=1, initial=n), edges.max(axis=1, initial=0)
    kept = np.flatnonzero(low != high)
    codes = np.unique(low[kept].astype(np.int64) * n + high[kept].astype(np.int64))
    a, b = codes // n if n else codes, codes % n if n else codes
    degree = np.ones(n)
    np.add.at(degree, a, 1.0)
    np.add.at(degree, b, 1.0)
    scale = degree[:, None] ** -0.5

    def spread(values):
        scaled = values * scale
        total = scaled.copy()
        np.add.at(total, a, scaled[b])
        np.add.at(total, b, scaled[a])
        return total * scale

    hidden = spread(X.astype(float) @ W1.astype(float)) + b1
    return spread(np.maximum(hidden, 0.0) @ W2.astype(float)) + b2
