"""Mistake: scores of several windows are averaged."""

from itertools import islice

import numpy as np


def chunks(ids, max_len, stride):
    """Return an iterator over the windows: pairs of a start and a list of ids."""
    # a generator would refuse only when its first window is asked for
    if not 1 <= stride <= max_len:
        raise ValueError(f"stride must be from 1 to max_len={max_len}, not {stride}")
    return _windows(iter(ids), max_len, stride)


def _windows(ids, max_len, stride):
    start, overlap = 0, []
    while new := list(islice(ids, max_len - len(overlap))):
        window = overlap + new
        last = len(window) < max_len
        overlap = window[stride:]
        yield start, window
        if last:
            return
        start += stride


def merge(parts, n):
    """Return the scores of each token from the window in which it is deepest."""
    merged, deepest = 0.0, np.full(n, -1)
    parts = list(parts)
    for start, scores in parts:
        end = start + len(scores)
        if start < 0 or end > n:
            raise ValueError(f"the window from {start} to {end} reaches outside of {n} tokens")
        deepest[start:end] += 1
        whole = np.zeros((n, scores.shape[1]), dtype=scores.dtype)
        whole[start:end] = scores
        merged = merged + whole
    if (deepest < 0).any():
        raise ValueError(f"token {deepest.argmin()} is in no window")
    return (merged / (deepest + 1)[:, None]).astype(merged.dtype)
