"""Sorts the best so far together with each block, stably; the loss by log-sum-exp over rows and columns."""

import numpy as np


def _check_vectors(*arrays):
    for z in arrays:
        if z.ndim != 2:
            raise ValueError("vectors must be the rows of an array of two axes")
        if not np.isfinite(z).all():
            raise ValueError("vectors must be finite")


def _unit_rows(z):
    z = z.astype(np.float64)
    length = np.sqrt((z * z).sum(axis=1, keepdims=True))
    return z / np.where(length > 0, length, 1.0)


def _log_sum_exp(x, axis):
    top = x.max(axis=axis, keepdims=True)
    return np.log(np.exp(x - top).sum(axis=axis)) + top.squeeze(axis)


def clip_loss(za: np.ndarray, zb: np.ndarray, log_scale: float) -> float:
    """Return the symmetric contrastive loss of pairs of rows."""
    _check_vectors(za, zb)
    if za.shape != zb.shape or len(za) == 0:
        raise ValueError("za and zb must have one shape, and rows")
    logits = np.exp(np.float64(log_scale)) * (_unit_rows(za) @ _unit_rows(zb).T)
    right = np.diagonal(logits)
    by_row = (_log_sum_exp(logits, 1) - right).mean()
    by_column = (_log_sum_exp(logits, 0) - right).mean()
    return float((by_row + by_column) / 2)


def topk(q: np.ndarray, g: np.ndarray, k: int, block: int) -> np.ndarray:
    """Return for each query the indices of the k most similar rows of the gallery."""
    _check_vectors(q, g)
    if q.shape[1] != g.shape[1]:
        raise ValueError("q and g must have the same width")
    if not 1 <= k <= len(g):
        raise ValueError("k must lie between 1 and the size of the gallery")
    if block < 1:
        raise ValueError("block must be at least 1")
    queries = _unit_rows(q)
    best = np.empty((len(q), 0))
    index = np.empty((len(q), 0), dtype=np.int64)
    for start in range(0, len(g), block):
        rows = _unit_rows(g[start : start + block])
        numbers = np.arange(start, start + len(rows))
        # Those kept have lower indices and stand first, so a stable sort settles ties.
        values = np.concatenate([best, queries @ rows.T], axis=1)
        indices = np.concatenate([index, np.broadcast_to(numbers, (len(q), len(rows)))], axis=1)
        order = np.argsort(-values, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(values, order, axis=1)
        index = np.take_along_axis(indices, order, axis=1)
    return index


def recall_at_k(ranks: np.ndarray, k: int) -> float:
    """Return the share of queries whose right answer is among the first k."""
    if ranks.ndim != 1 or len(ranks) == 0 or (ranks < 0).any():
        raise ValueError("ranks must be a non-empty row of numbers from 0")
    if k < 1:
        raise ValueError("k must be at least 1")
    return float((ranks < k).mean())
