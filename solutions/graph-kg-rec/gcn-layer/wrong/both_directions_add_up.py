"""Mistake: an edge that is listed in both directions counts twice."""

import numpy as np


def normalise(A):
    """Return the adjacency matrix with loops, normalised on both sides."""
    if A.ndim != 2 or len(A) != A.shape[1]:
        raise ValueError("not a square matrix")
    if not np.isfinite(A).all() or (A < 0).any() or (A != A.T).any():
        raise ValueError("not the matrix of an undirected graph")
    looped = A + np.eye(len(A))
    shares = 1 / np.sqrt(looped @ np.ones(len(A)))
    return shares[:, None] * looped * shares


def gcn(X, A, W1, b1, W2, b2):
    """Return the logits of every node."""
    if len(X) != len(A):
        raise ValueError("need one row of features for each node")
    S = normalise(A)
    return _layers(lambda rows: S @ rows, X, W1, b1, W2, b2)


def gcn_sparse(X, edges, W1, b1, W2, b2):
    """Return the logits of every node of a graph that is given by its edges."""
    count = len(X)
    if ((edges < 0) | (edges >= count)).any():
        raise ValueError("an edge leads to a node that does not exist")
    pairs = edges.astype(np.int64)
    # one number for each ordered pair; the loops are among them once
    loops = np.arange(count) * (count + 1)
    codes = np.concatenate([np.unique(pairs @ [count, 1]), np.unique(pairs @ [1, count]), loops])
    target, source = np.divmod(codes, count)
    shares = 1 / np.sqrt(np.bincount(target))
    weights = shares[target] * shares[source]

    def propagate(rows):
        return np.stack([np.bincount(target, weights * column[source]) for column in rows.T], axis=1)

    return _layers(propagate, X, W1, b1, W2, b2)


def _layers(propagate, X, W1, b1, W2, b2):
    hidden = np.maximum(propagate(X) @ W1 + b1, 0)
    return propagate(hidden) @ W2 + b2
