"""One product for each position of a window; a window that does not count is a zero behind the ReLU."""

import numpy as np


def text_cnn(emb, mask, W, b):
    """Return for each text and filter the largest value of all windows of real tokens."""
    B, T, _ = emb.shape
    K, _, C = W.shape
    n = T - K + 1
    if n < 1:
        return np.zeros((B, C), dtype=emb.dtype)
    real = np.asarray(mask) != 0
    clean = np.where(real[:, :, None], emb, np.zeros((), dtype=emb.dtype))
    values = np.zeros((B, n, C), dtype=emb.dtype)
    counts = np.ones((B, n), dtype=bool)
    for k in range(K):
        values += clean[:, k : k + n] @ W[k]
        counts &= real[:, k : k + n]
    values = np.maximum(values + b, 0)
    # ReLU is never negative, so a 0 for windows that do not count changes no maximum
    return np.where(counts[:, :, None], values, 0).max(axis=1).astype(emb.dtype, copy=False)
