"""Right, but computes the similarities of all queries with all rows at once."""

import numpy as np


def clip_loss(za, zb, log_scale):
    """Return the symmetric contrastive loss of pairs of rows."""
    if za.shape != zb.shape or len(za) == 0:
        raise ValueError("rows do not come in pairs")
    logits = np.exp(log_scale) * (_unit(za) @ _unit(zb).T)
    losses = [_log_sum_exp(logits, axis) - np.diagonal(logits) for axis in (0, 1)]
    return float(np.mean(losses))


def topk(q, g, k, block):
    """Return for each query the indices of the k most similar rows of the gallery."""
    if not 1 <= k <= len(g) or block < 1:
        raise ValueError("there are no such rows or no such blocks")
    similar = _unit(q) @ _unit(g).T
    return np.argsort(-similar, axis=1, kind="stable")[:, :k]


def recall_at_k(ranks, k):
    """Return the share of queries whose right answer is among the first k."""
    if k < 1 or ranks.ndim != 1 or len(ranks) == 0 or ranks.min() < 0:
        raise ValueError("no ranks, or no such k")
    return float((ranks < k).mean())


def _unit(rows):
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise ValueError("rows of finite numbers are needed")
    rows = rows.astype(np.float64)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


def _log_sum_exp(logits, axis):
    top = logits.max(axis=axis)
    return top + np.log(np.exp(logits - np.expand_dims(top, axis)).sum(axis=axis))
