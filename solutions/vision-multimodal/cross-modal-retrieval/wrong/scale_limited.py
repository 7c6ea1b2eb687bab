"""Mistake: the scale is limited to a hundred, as in CLIP's training."""

import numpy as np


def clip_loss(za, zb, log_scale):
    """Return the symmetric contrastive loss of pairs of rows."""
    logits = min(np.exp(log_scale), 100.0) * (_unit(za) @ _unit(zb).T)
    losses = [_log_sum_exp(logits, axis) - np.diagonal(logits) for axis in (0, 1)]
    return float(np.mean(losses))


def topk(q, g, k, block):
    """Return for each query the indices of the k most similar rows of the gallery."""
    if not 1 <= k <= len(g) or block < 1:
        raise ValueError("there are no such rows or no such blocks")
    q = _unit(q)
    best, indices = np.empty((len(q), 0)), np.empty((len(q), 0), dtype=int)
    for start in range(0, len(g), block):
        similar = q @ _unit(g[start : start + block]).T
        here = np.broadcast_to(np.arange(start, start + similar.shape[1]), similar.shape)
        best, indices = np.hstack([best, similar]), np.hstack([indices, here])
        # earlier rows stand in front, so that a stable sort keeps them there
        order = np.argsort(-best, axis=1, kind="stable")[:, :k]
        best, indices = (np.take_along_axis(part, order, axis=1) for part in (best, indices))
    return indices


def recall_at_k(ranks, k):
    """Return the share of queries whose right answer is among the first k."""
    if k < 1 or ranks.ndim != 1 or ranks.min() < 0:
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
