"""One list that loses its front and is filled up from the source; scores are merged part by part, as they come."""

from itertools import islice

import numpy as np


def chunks(ids, max_len, stride):
    """Return an iterator over the windows: pairs of a start and a list of ids."""
    if not 1 <= stride <= max_len:
        raise ValueError("need 1 <= stride <= max_len")
    return windows(ids, max_len, stride)


def windows(ids, max_len, stride):
    source = iter(ids)
    held = list(islice(source, max_len))
    start, fresh = 0, len(held)
    while fresh:
        yield start, held.copy()
        if len(held) < max_len:  # the text ended within this window
            return
        del held[:stride]
        overlap = len(held)
        held.extend(islice(source, stride))
        fresh = len(held) - overlap
        start += stride


def merge(parts, n):
    """Return the scores of each token from the window in which it is deepest."""
    result = None
    deepest = np.full(n, -1, dtype=np.int64)
    origin = np.zeros(n, dtype=np.int64)
    for start, scores in parts:
        length = len(scores)
        if start < 0 or start + length > n:
            raise ValueError("a window reaches outside of the text")
        if result is None:
            result = np.empty((n, scores.shape[1]), dtype=scores.dtype)
        place = slice(start, start + length)
        before = np.arange(length)
        depth = np.minimum(before, before[::-1])
        better = (depth > deepest[place]) | ((depth == deepest[place]) & (start < origin[place]))
        result[place][better] = scores[better]
        deepest[place][better] = depth[better]
        origin[place][better] = start
    if (deepest < 0).any():
        raise ValueError("a token is in no window")
    return result
