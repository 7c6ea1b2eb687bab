"""Adds gradients up by products with one-hot matrices, and ranks all tails of all triples at once."""

import numpy as np

LONGEST = 1.0  # variant: radius


def _distances(u, p):
    if p == 1:
        return np.abs(u).sum(-1)
    if p == 2:
        return np.sqrt(np.einsum("...d,...d->...", u, u))
    raise ValueError("no such norm")


def _gaps(E, R, triples):
    return E[triples[..., 0]] + R[triples[..., 1]] - E[triples[..., 2]]


def score(E: np.ndarray, R: np.ndarray, triples: np.ndarray, p: int = 2) -> np.ndarray:
    """Return the distance of each triple."""
    return _distances(_gaps(E, R, triples), p)


def negatives(triples, known, n_entities, k, rng):
    """Draw false triples for each true one."""
    result = np.repeat(triples[:, None, :], k, axis=1)
    for row, (head, relation, tail) in enumerate(triples.tolist()):
        heads = [e for e in range(n_entities) if e != head and (e, relation, tail) not in known]
        tails = [e for e in range(n_entities) if e != tail and (head, relation, e) not in known]
        if not heads and not tails:
            raise ValueError("nothing to draw")
        places = rng.integers(0, len(heads) + len(tails), size=k)
        for column, place in enumerate(places.tolist()):
            if place < len(heads):
                result[row, column, 0] = heads[place]
            else:
                result[row, column, 2] = tails[place - len(heads)]
    return result


def train_step(E, R, positive, negative, margin, lr, p=2):
    """Make one step of gradient descent; return both arrays and the loss."""
    values = margin + score(E, R, positive, p)[:, None] - score(E, R, negative, p)
    push = (values > 0).astype(float) / values.size
    triples = np.concatenate([positive, negative.reshape(-1, 3)])
    weights = np.concatenate([push.sum(axis=1), -push.ravel()])
    u = _gaps(E, R, triples)
    if p == 1:
        slopes = (u > 0) * 1.0 - (u < 0) * 1.0
    else:
        with np.errstate(invalid="ignore"):
            slopes = np.nan_to_num(u / np.sqrt((u * u).sum(axis=1))[:, None])
    slopes = slopes * weights[:, None]
    heads, tails = (np.eye(len(E))[triples[:, column]] for column in (0, 2))
    entities = E - lr * ((heads - tails).T @ slopes)
    relations = R - lr * (np.eye(len(R))[triples[:, 1]].T @ slopes)
    for row in entities:
        size = np.sqrt(row @ row)
        if size > LONGEST:
            row *= LONGEST / size
    return entities, relations, float(np.where(values > 0, values, 0).mean())


def filtered_ranks(E, R, triples, known, p=2):
    """Return the rank of each triple's tail."""
    heads, relations, tails = triples.T
    moved = E[heads] + R[relations]
    distances = _distances(moved[:, None, :] - E[None, :, :], p)
    own = distances[np.arange(len(triples)), tails][:, None]
    worth = (distances < own) + 0.5 * (distances == own)
    for head, relation, entity in known:
        worth[(heads == head) & (relations == relation) & (tails != entity), entity] = 0
    # the tail itself has counted half
    return 0.5 + worth.sum(axis=1)
