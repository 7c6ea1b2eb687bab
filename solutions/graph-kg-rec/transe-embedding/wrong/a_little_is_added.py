"""Mistake: adds a little to every distance."""

import numpy as np

RADIUS = 1.0  # variant: radius


def score(E, R, triples, p=2):
    """Return the distance of each triple."""
    return _measure(E, R, triples, p)[1]


def negatives(triples, known, n_entities, k, rng):
    """Draw false triples for each true one."""
    drawn = [rng.choice(_allowed(triple, known, n_entities), size=k) for triple in triples.tolist()]
    return np.array(drawn, dtype=np.int64).reshape(len(triples), k, 3)


def train_step(E, R, positive, negative, margin, lr, p=2):
    """Make one step of gradient descent; return both arrays and the loss."""
    uphill, near = _measure(E, R, positive, p)
    downhill, far = _measure(E, R, negative, p)
    values = np.maximum(margin + near[:, None] - far, 0)
    parts = lr * (values > 0) / values.size
    E, R = E.copy(), R.copy()
    _descend(E, R, positive, uphill * parts.sum(axis=1)[:, None])
    _descend(E, R, negative, -downhill * parts[:, :, None])
    lengths = np.linalg.norm(E, axis=1, keepdims=True)
    return E / np.maximum(lengths / RADIUS, 1), R, float(values.mean())


def filtered_ranks(E, R, triples, known, p=2):
    """Return the rank of each triple's tail."""
    ranks = [_rank(E, R, triple, known, p) for triple in triples.tolist()]
    return np.array(ranks, dtype=np.float64)


def _measure(E, R, triples, p):
    """Return the gradient of each distance, and the distance."""
    if p not in (1, 2):
        raise ValueError("the norm is 1 or 2")
    head, relation, tail = np.moveaxis(triples, -1, 0)
    u = E[head] + R[relation] - E[tail]
    if p == 1:
        return np.sign(u), np.abs(u).sum(axis=-1)
    lengths = np.linalg.norm(u, axis=-1)
    return u / (lengths + 1e-6)[..., None], lengths


def _descend(E, R, triples, steps):
    head, relation, tail = np.moveaxis(triples, -1, 0)
    # unlike E[head] -= steps, this counts an index as often as it occurs
    np.subtract.at(E, head, steps)
    np.subtract.at(R, relation, steps)
    np.add.at(E, tail, steps)


def _allowed(triple, known, n_entities):
    head, relation, tail = triple
    heads = {(entity, relation, tail) for entity in range(n_entities)}
    tails = {(head, relation, entity) for entity in range(n_entities)}
    found = sorted((heads ^ tails) - known)
    if not found:
        raise ValueError("every other triple is true")
    return found


def _rank(E, R, triple, known, p):
    head, relation, tail = triple
    others = [e for e in range(len(E)) if e != tail and (head, relation, e) not in known]
    distances = score(E, R, np.array([triple, *([head, relation, e] for e in others)]), p)
    own, rest = distances[0], distances[1:]
    return 1 + (rest < own).sum() + (rest == own).sum() / 2
