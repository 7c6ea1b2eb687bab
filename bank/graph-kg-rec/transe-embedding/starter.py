"""TransE: see the statement for the rules."""

import numpy as np


def score(E, R, triples, p=2):
    """Return the distance of each triple."""
    # Write: the vector from the moved head to the tail, its length.


def negatives(triples, known, n_entities, k, rng):
    """Draw false triples for each true one."""
    # Write: the triples that may be drawn, the draws.
    return np.repeat(triples[:, None], k, axis=1)


def train_step(E, R, positive, negative, margin, lr, p=2):
    """Make one step of gradient descent; return both arrays and the loss."""
    # Write: the pairs that count, their gradients, the step, the projection.
    return E.copy(), R.copy(), 0.0


def filtered_ranks(E, R, triples, known, p=2):
    """Return the rank of each triple's tail."""
    # Write: the distances of all entities, those left out, the ties.
