"""Sorts relevance and scores together, so that all sums go by place."""

import numpy as np


def _prepare(rel, scores, k=1):
    """Return the users that count, in float64."""
    if rel.ndim != 2 or rel.shape != scores.shape:
        raise ValueError("rel and scores must be 2-dimensional and of the same shape")
    rel, scores = rel.astype(np.float64), scores.astype(np.float64)
    if not (np.isfinite(rel).all() and np.isfinite(scores).all()):
        raise ValueError("NaN or infinity")
    if (rel < 0).any():
        raise ValueError("relevance must not be negative")
    if k < 1:
        raise ValueError("k must be at least 1")
    counts = (rel > 0).any(axis=1)
    if not counts.any():
        raise ValueError("no item is relevant to anybody")
    return rel[counts], scores[counts]


def _rank(rel, scores, worth):
    """Return relevance by place, and what each item there gets for its place."""
    order = np.argsort(-scores, axis=1, kind="stable")
    rel, scores = np.take_along_axis(rel, order, axis=1), np.take_along_axis(scores, order, axis=1)
    # Number the groups of equal scores through all users.
    begins = np.ones(scores.shape, dtype=bool)
    begins[:, 1:] = scores[:, 1:] != scores[:, :-1]
    group = np.cumsum(begins.ravel()) - 1
    sums = np.bincount(group, weights=np.broadcast_to(worth, scores.shape).ravel())
    return rel, (sums / np.bincount(group))[group].reshape(scores.shape)


def ndcg(rel, scores, k):
    """Return the mean normalised gain of the first k places."""
    rel, scores = _prepare(rel, scores, k)
    places = np.arange(1, rel.shape[1] + 1)
    worth = np.where(places <= k, 1 / np.log2(places + 1), 0.0)
    ranked, shares = _rank(rel, scores, worth)
    ideal = -np.sort(-rel, axis=1) @ worth
    return float(((ranked * shares).sum(axis=1) / ideal).mean())


def recall_at_k(rel, scores, k):
    """Return the mean share of relevant items among the first k places."""
    rel, scores = _prepare(rel, scores, k)
    places = np.arange(1, rel.shape[1] + 1)
    ranked, shares = _rank(rel, scores, (places <= k).astype(np.float64))
    relevant = ranked > 0
    return float(((relevant * shares).sum(axis=1) / relevant.sum(axis=1)).mean())


def mrr(rel, scores):
    """Return the mean reciprocal place of the first relevant item."""
    rel, scores = _prepare(rel, scores)
    places = np.arange(1, rel.shape[1] + 1, dtype=np.float64)
    ranked, shares = _rank(rel, scores, places)
    first = np.where(ranked > 0, shares, np.inf).min(axis=1)
    return float((1 / first).mean())
