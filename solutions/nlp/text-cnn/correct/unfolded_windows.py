"""Windows side by side as rows of one matrix; those with padding far below all others."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def text_cnn(emb, mask, W, b):
    """Return for each text and filter the largest value of all windows of real tokens."""
    (texts, steps, size), (width, _, filters) = emb.shape, W.shape
    if steps < width:
        return np.zeros((texts, filters), dtype=emb.dtype)
    clean = np.where(mask.astype(bool)[:, :, None], emb, emb.dtype.type(0))
    # (B, windows, E, K), so the filters have to be turned the same way
    rows = sliding_window_view(clean, width, axis=1).reshape(texts, -1, size * width)
    scores = np.maximum(rows @ W.transpose(1, 0, 2).reshape(-1, filters) + b, 0)
    inside = sliding_window_view(mask.astype(bool), width, axis=1).all(axis=-1)
    return np.where(inside[:, :, None], scores, emb.dtype.type(0)).max(axis=1)
