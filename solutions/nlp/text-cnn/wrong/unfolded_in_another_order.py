"""Mistake: windows are unfolded by embedding, filters by position."""

import numpy as np


def text_cnn(emb, mask, W, b):
    """Return for each text and filter the largest value of all windows of real tokens."""
    width = len(W)
    windows = max(emb.shape[1] - width + 1, 0)
    real = mask != 0
    inside = np.all([real[:, k : k + windows] for k in range(width)], axis=0)
    if not windows:
        return np.zeros((len(emb), len(b)), dtype=emb.dtype)
    rows = np.lib.stride_tricks.sliding_window_view(emb, width, axis=1).reshape(len(emb), windows, -1)
    with np.errstate(invalid="ignore", over="ignore"):
        scores = rows @ W.reshape(-1, len(b)) + b
    # to begin the maximum at 0 is the ReLU, and the answer where there is no window
    return scores.max(axis=1, initial=0, where=inside[:, :, None])
