"""Sorts each block by itself and merges it with the best so far; the loss by logaddexp."""

import numpy as np


def _normal(z):
    if z.ndim != 2:
        raise ValueError("two axes are needed")
    z = np.array(z, dtype=np.float64)
    if not np.all(np.isfinite(z)):
        raise ValueError("finite numbers are needed")
    for row in z:
        length = np.sqrt(row @ row)
        if length > 0:
            row /= length
    return z


def clip_loss(za, zb, log_scale):
    """Return the symmetric contrastive loss of pairs of rows."""
    a, b = _normal(za), _normal(zb)
    if a.shape != b.shape or not len(a):
        raise ValueError("pairs are needed")
    table = np.einsum("id,jd->ij", a, b) * np.e**log_scale
    forward = np.logaddexp.reduce(table, axis=1).mean()
    backward = np.logaddexp.reduce(table, axis=0).mean()
    return float((forward + backward) / 2 - np.trace(table) / len(a))


def topk(q, g, k, block):
    """Return for each query the indices of the k most similar rows of the gallery."""
    q = _normal(q)
    if g.ndim != 2 or g.shape[1] != q.shape[1] or k < 1 or k > len(g) or block < 1:
        raise ValueError("the search does not fit")
    kept = None
    for start in range(0, len(g), block):
        similar = q @ _normal(g[start : start + block]).T
        places = np.argsort(-similar, axis=1, kind="stable")[:, :k]
        found = np.take_along_axis(similar, places, axis=1), places + start
        if kept is not None:
            found = tuple(np.concatenate(pair, axis=1) for pair in zip(kept, found, strict=True))
            places = np.lexsort((found[1], -found[0]), axis=1)[:, :k]
            found = tuple(np.take_along_axis(part, places, axis=1) for part in found)
        kept = found
    return kept[1].astype(np.int64)


def recall_at_k(ranks, k):
    """Return the share of queries whose right answer is among the first k."""
    if ranks.ndim != 1 or ranks.size == 0 or np.any(ranks < 0) or k < 1:
        raise ValueError("bad ranks")
    return int(np.count_nonzero(ranks <= k - 1)) / ranks.size
