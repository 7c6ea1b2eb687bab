"""Mistake: gains are added up in the type of relevance."""

import numpy as np


def ndcg(rel, scores, k):
    """Return the mean normalised gain of the first k places."""
    rel, scores, places = _checked(rel, scores, k)
    worth = (places <= k) / np.log2(places + 1)
    rel = rel.astype(np.float16) if rel.dtype == np.float16 else rel
    ideal = (
        (np.sort(rel, axis=1)[:, ::-1] @ worth.astype(rel.dtype)).astype(float)
        if rel.dtype != bool
        else np.sort(rel, axis=1)[:, ::-1] @ worth
    )
    return float(((rel * _shared(scores, worth)).sum(axis=1) / ideal).mean())


def recall_at_k(rel, scores, k):
    """Return the mean share of relevant items among the first k places."""
    rel, scores, places = _checked(rel, scores, k)
    found = _shared(scores, places <= k)
    return float(np.average(found, axis=1, weights=rel > 0).mean())


def mrr(rel, scores):
    """Return the mean reciprocal place of the first relevant item."""
    rel, scores, places = _checked(rel, scores, 1)
    first = np.where(rel > 0, _shared(scores, places), np.inf).min(axis=1)
    return float((1 / first).mean())


def _checked(rel, scores, k):
    """Return the users that count, in float64, and the places."""
    if rel.ndim != 2 or rel.shape != scores.shape or k < 1:
        raise ValueError("need relevance and scores of the same users and items, and a place")
    scores = scores.astype(np.float64)
    if not np.isfinite(rel + scores).all() or (rel < 0).any():
        raise ValueError("a relevance or a score is not valid")
    counted = rel.any(axis=1)
    if not counted.any():
        raise ValueError("nothing is relevant to anybody")
    return rel[counted], scores[counted], np.arange(1, rel.shape[1] + 1)


def _shared(scores, worth):
    """Return what each item's place is worth, the mean over its ties."""
    order = np.argsort(-scores, axis=1)
    ranked = np.take_along_axis(scores, order, axis=1)
    # the first item of a user begins a group, whatever the last one of the user before
    begins = np.diff(ranked, axis=1, prepend=np.inf) != 0
    group = begins.cumsum().reshape(scores.shape) - 1
    sums = np.bincount(group.ravel(), weights=np.tile(worth, len(scores)))
    means = sums / np.bincount(group.ravel())
    result = np.empty(scores.shape)
    np.put_along_axis(result, order, means[group], axis=1)
    return result
