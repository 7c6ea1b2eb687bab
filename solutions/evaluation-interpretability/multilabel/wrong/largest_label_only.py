"""Mistake: only the largest label is predicted."""

import numpy as np


def ml_loss(logits, y, pos_weight=None):
    """Return the mean loss of all entries, and its gradient."""
    _refuse(logits, y)
    weight = np.ones(logits.shape[1]) if pos_weight is None else pos_weight
    if weight.shape != logits.shape[1:] or not (weight > 0).all():
        raise ValueError("need a positive weight for each label")
    # the logit of the wrong answer: the larger, the more it costs
    against = np.where(y, -logits, logits)
    weight = np.where(y, weight, 1.0)
    loss = weight * np.logaddexp(0, against)
    slope = weight * (1 + np.tanh(against / 2)) / 2
    return float(loss.mean()), np.where(y, -slope, slope) / loss.size


def predict(logits, thr):
    """Return which labels are predicted."""
    _refuse(logits)
    if thr.shape != logits.shape[1:] or not ((thr > 0) & (thr < 1)).all():
        raise ValueError("need a threshold between 0 and 1 for each label")
    return (logits >= np.log(thr) - np.log1p(-thr)) & (logits == logits.max(axis=1, keepdims=True))


def ml_metrics(y, p):
    """Return five metrics."""
    _refuse(y, y, p)
    both, sizes = y * p, y.astype(np.int64) + p
    return {
        "subset_accuracy": float((y == p).all(axis=1).mean()),
        "hamming_loss": float((y != p).mean()),
        "example_f1": float(_f1(both.sum(axis=1), sizes.sum(axis=1)).mean()),
        "micro_f1": float(_f1(both.sum(), sizes.sum())),
        "macro_f1": float(_f1(both.sum(axis=0), sizes.sum(axis=0)).mean()),
    }


def fit_thresholds(scores, y):
    """Return the best threshold of each label."""
    _refuse(scores, y)
    return np.array([_best(*columns) for columns in zip(scores.T, y.T)])


def _best(scores, y):
    """Return the largest of the best thresholds, walking down the scores."""
    order = np.argsort(-scores)
    scores, hits = scores[order], y[order].cumsum()
    # equal scores pass together
    last = np.append(scores[1:] < scores[:-1], True).nonzero()[0]
    quality = _f1(np.append(0, hits[last]), np.append(0, last + 1) + hits[-1])
    return np.append(np.inf, scores[last])[quality.argmax()]


def _f1(both, sizes):
    return np.where(sizes == 0, 1.0, 2 * both / np.maximum(sizes, 1))


def _refuse(numbers, *tables):
    if numbers.ndim != 2 or not numbers.size or np.isnan(numbers).any():
        raise ValueError("need a table of numbers")
    if any(table.shape != numbers.shape or not np.isin(table, [0, 1]).all() for table in tables):
        raise ValueError("need tables of 0 and 1, all of one shape")
