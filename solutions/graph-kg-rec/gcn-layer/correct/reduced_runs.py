"""Each edge as one number; messages sorted by their receiver and added up by reduceat."""

import numpy as np


def normalise(A):
    """Return the adjacency matrix with loops, normalised on both sides."""
    A = np.asarray(A).astype(np.float64)
    if A.ndim != 2 or A.shape[0] != A.shape[1]:
        raise ValueError("A must be a square matrix")
    if not (np.isfinite(A) & (A >= 0)).all():
        raise ValueError("A must hold finite numbers, none negative")
    if not np.array_equal(A, A.T):
        raise ValueError("A must be symmetric")
    A[np.diag_indices(len(A))] += 1
    scale = 1 / np.sqrt(A.sum(axis=1))
    return scale[:, None] * A * scale


def _network(X, propagate, *weights):
    """Return the logits of two layers; `propagate` multiplies by the normalised matrix."""
    W1, b1, W2, b2 = (np.asarray(weight, dtype=np.float64) for weight in weights)
    hidden = np.maximum(propagate(X @ W1) + b1, 0)
    return propagate(hidden @ W2) + b2


def gcn(X, A, W1, b1, W2, b2):
    """Return the logits of every node."""
    S = normalise(A)
    X = np.asarray(X, dtype=np.float64)
    if len(X) != len(S):
        raise ValueError("X must have one row per node")
    return _network(X, lambda features: S @ features, W1, b1, W2, b2)


def gcn_sparse(X, edges, W1, b1, W2, b2):
    """Return the logits of every node of a graph that is given by its edges."""
    X = np.asarray(X, dtype=np.float64)
    n = len(X)
    edges = np.asarray(edges)
    if ((edges < 0) | (edges >= n)).any():
        raise ValueError("an edge names a node that does not exist")
    ends = np.sort(edges.astype(np.int64), axis=1)
    ends = ends[ends[:, 0] != ends[:, 1]]
    low, high = np.divmod(np.unique(ends[:, 0] * n + ends[:, 1]), max(n, 1))

    # each edge in both directions, sorted by the node that receives
    receivers, senders = np.concatenate([low, high]), np.concatenate([high, low])
    order = np.argsort(receivers, kind="stable")
    senders = senders[order]
    nodes, starts, degrees = np.unique(receivers[order], return_index=True, return_counts=True)
    scale = np.ones((n, 1))
    scale[nodes, 0] = 1 / np.sqrt(degrees + 1)

    def propagate(features):
        scaled = scale * features
        total = scaled.copy()  # the loops
        if len(nodes):
            total[nodes] += np.add.reduceat(scaled[senders], starts, axis=0)
        return scale * total

    return _network(X, propagate, W1, b1, W2, b2)
