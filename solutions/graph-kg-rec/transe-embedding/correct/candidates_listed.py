"""Lists the true triples by their other two numbers, and draws from the candidates that remain."""

from collections import defaultdict

import numpy as np

RADIUS = 1.0  # variant: radius


def _check(p):
    if p not in (1, 2):
        raise ValueError("p must be 1 or 2")


def _length(u, p):
    return np.abs(u).sum(axis=-1) if p == 1 else np.sqrt((u * u).sum(axis=-1))


def _offset(E, R, triples):
    triples = np.asarray(triples)
    return E[triples[..., 0]] + R[triples[..., 1]] - E[triples[..., 2]]


def score(E, R, triples, p=2):
    """Return the distance of each triple."""
    _check(p)
    return _length(_offset(E, R, triples), p)


def negatives(triples, known, n_entities, k, rng):
    """Draw false triples for each true one."""
    heads, tails = defaultdict(list), defaultdict(list)
    for h, r, t in known:
        if 0 <= h < n_entities:
            heads[r, t].append(h)
        if 0 <= t < n_entities:
            tails[h, r].append(t)
    out = np.empty((len(triples), k, 3), dtype=np.int64)
    for b, triple in enumerate(triples):
        h, r, t = (int(number) for number in triple)
        free_head = np.ones(n_entities, dtype=bool)
        free_head[[*heads.get((r, t), []), h]] = False
        free_tail = np.ones(n_entities, dtype=bool)
        free_tail[[*tails.get((h, r), []), t]] = False
        other_heads, other_tails = np.flatnonzero(free_head), np.flatnonzero(free_tail)
        count = len(other_heads) + len(other_tails)
        if count == 0:
            raise ValueError(f"there is no negative for {(h, r, t)}")
        candidates = np.empty((count, 3), dtype=np.int64)
        candidates[:] = h, r, t
        candidates[: len(other_heads), 0] = other_heads
        candidates[len(other_heads) :, 2] = other_tails
        out[b] = candidates[rng.integers(count, size=k)]
    return out


def _direction(u, p):
    """Return the gradient of the distance with respect to u."""
    if p == 1:
        return np.sign(u)
    length = _length(u, 2)[..., None]
    return u / np.where(length > 0, length, 1.0)


def train_step(E, R, positive, negative, margin, lr, p=2):
    """Make one step of gradient descent; return both arrays and the loss."""
    _check(p)
    positive, negative = np.asarray(positive), np.asarray(negative)
    u_pos, u_neg = _offset(E, R, positive), _offset(E, R, negative)
    value = np.maximum(0.0, margin + _length(u_pos, p)[:, None] - _length(u_neg, p))
    weight = (value > 0) / value.size

    grad_E, grad_R = np.zeros_like(E), np.zeros_like(R)
    for triples, part in (
        (positive, weight.sum(axis=1)[:, None] * _direction(u_pos, p)),
        (negative, -weight[..., None] * _direction(u_neg, p)),
    ):
        np.add.at(grad_E, triples[..., 0], part)
        np.add.at(grad_R, triples[..., 1], part)
        np.subtract.at(grad_E, triples[..., 2], part)

    new_E, new_R = E - lr * grad_E, R - lr * grad_R
    length = _length(new_E, 2)
    long = length > RADIUS
    new_E[long] /= length[long, None] / RADIUS
    return new_E, new_R, float(value.mean())


def filtered_ranks(E, R, triples, known, p=2):
    """Return the rank of each triple's tail."""
    _check(p)
    tails = defaultdict(list)
    for h, r, t in known:
        if 0 <= t < len(E):
            tails[h, r].append(t)
    ranks = np.empty(len(triples))
    for b, triple in enumerate(triples):
        h, r, t = (int(number) for number in triple)
        distance = _length(E[h] + R[r] - E, p)
        counts = np.ones(len(E), dtype=bool)
        counts[tails.get((h, r), [])] = False
        counts[t] = False
        others = distance[counts]
        ranks[b] = 1 + (others < distance[t]).sum() + (others == distance[t]).sum() / 2
    return ranks
