"""Graph convolution: see the statement for the rules."""

import numpy as np


def normalise(A):
    """Return the adjacency matrix with loops, normalised on both sides."""
    # Write: the refusals, the loops, the degrees, the scaling.


def gcn(X, A, W1, b1, W2, b2):
    """Return the logits of every node."""
    # Write: two layers, ReLU between them.


def gcn_sparse(X, edges, W1, b1, W2, b2):
    """Return the logits of every node of a graph that is given by its edges."""
    # Write: the refusals, each edge once, propagation without a matrix.
    return np.zeros((len(X), len(b2)))
