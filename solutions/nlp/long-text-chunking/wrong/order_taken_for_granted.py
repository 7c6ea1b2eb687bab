"""Mistake: only neighbours in the list are compared, cut in the middle of their overlap."""

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
    parts, deepest = list(parts), np.full(n, -1)
    merged = np.zeros((n, parts[0][1].shape[1]), dtype=parts[0][1].dtype) if parts else None
    left = 0
    for k, (start, scores) in enumerate(parts):
        end = start + len(scores)
        if start < 0 or end > n:
            raise ValueError(f"the window from {start} to {end} reaches outside of {n} tokens")
        right = end if k == len(parts) - 1 else (parts[k + 1][0] + end + 1) // 2
        merged[left:right] = scores[left - start : right - start]
        deepest[left:right] = 0
        left = right
    if (deepest < 0).any():
        raise ValueError(f"token {deepest.argmin()} is in no window")
    return merged
