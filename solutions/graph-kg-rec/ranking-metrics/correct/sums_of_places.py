"""Counts for each item who is above and who is level, and takes differences of summed worths."""

import numpy as np


def _prepare(rel, scores, k=1):
    if rel.ndim != 2 or scores.ndim != 2 or rel.shape != scores.shape:
        raise ValueError("shapes")
    if k <= 0:
        raise ValueError("k")
    rel, scores = np.array(rel, dtype=float), np.array(scores, dtype=float)
    if (
        np.isnan(rel).any()
        or np.isnan(scores).any()
        or np.isinf(rel).any()
        or np.isinf(scores).any()
        or (rel < 0).any()
    ):
        raise ValueError("values")
    kept = [q for q in range(len(rel)) if rel[q].sum() > 0]
    if not kept:
        raise ValueError("no user")
    return rel[kept], scores[kept]


def _mean_worth(scores, worth):
    """Sum worths up to a place; an item's ties stand from `above` to `above + level`."""
    ranked = np.sort(scores, axis=1)
    n = scores.shape[1]
    offsets = np.arange(len(scores))[:, None]
    # one sorted line of (user, score) for all, so that searching needs no loop
    distinct, codes = np.unique(ranked, return_inverse=True)
    line = (codes.reshape(scores.shape) + offsets * len(distinct)).ravel()
    wanted = np.searchsorted(distinct, scores) + offsets * len(distinct)
    low = np.searchsorted(line, wanted, side="left") - offsets * n
    high = np.searchsorted(line, wanted, side="right") - offsets * n
    above, level = n - high, high - low
    summed = np.concatenate([[0.0], np.cumsum(worth)])
    return (summed[above + level] - summed[above]) / level


def ndcg(rel: np.ndarray, scores: np.ndarray, k: int) -> float:
    """Return the mean normalised gain of the first k places."""
    rel, scores = _prepare(rel, scores, k)
    worth = np.zeros(rel.shape[1])
    worth[:k] = np.log(2) / np.log(np.arange(2, len(worth[:k]) + 2))
    best = -np.sort(-rel, axis=1)
    return float(np.mean(np.sum(rel * _mean_worth(scores, worth), axis=1) / np.sum(best * worth, axis=1)))


def recall_at_k(rel: np.ndarray, scores: np.ndarray, k: int) -> float:
    """Return the mean share of relevant items among the first k places."""
    rel, scores = _prepare(rel, scores, k)
    worth = np.zeros(rel.shape[1])
    worth[:k] = 1
    relevant = (rel > 0).astype(float)
    return float(np.mean(np.sum(relevant * _mean_worth(scores, worth), axis=1) / relevant.sum(axis=1)))


def mrr(rel: np.ndarray, scores: np.ndarray) -> float:
    """Return the mean reciprocal place of the first relevant item."""
    rel, scores = _prepare(rel, scores)
    places = _mean_worth(scores, np.arange(1.0, rel.shape[1] + 1))
    return float(np.mean(np.max((rel > 0) / places, axis=1)))
