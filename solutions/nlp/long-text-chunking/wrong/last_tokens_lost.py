"""Mistake: a window that is not full is left out."""

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
        if last:
            return
        overlap = window[stride:]
        yield start, window
        if last:
            return
        start += stride


def merge(parts, n):
    """Return the scores of each token from the window in which it is deepest."""
    merged, deepest = None, np.full(n, -1)
    # from the first start on, so that an equal depth changes nothing
    for start, scores in sorted(parts, key=lambda part: part[0]):
        end = start + len(scores)
        if start < 0 or end > n:
            raise ValueError(f"the window from {start} to {end} reaches outside of {n} tokens")
        before = np.arange(len(scores))
        depth = np.minimum(before, before[::-1])
        better = start + np.flatnonzero(depth > deepest[start:end])
        if merged is None:
            merged = np.empty((n, scores.shape[1]), dtype=scores.dtype)
        merged[better] = scores[better - start]
        deepest[better] = depth[better - start]
    if (deepest < 0).any():
        raise ValueError(f"token {deepest.argmin()} is in no window")
    return merged
