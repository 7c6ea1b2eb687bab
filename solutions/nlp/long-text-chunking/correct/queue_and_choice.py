"""A queue of bounded length; for each token the best of all windows that contain it."""

from collections import deque

import numpy as np


class _Windows:
    """Reads one id after the other."""

    def __init__(self, ids, max_len, stride):
        self.ids, self.max_len, self.stride = None, max_len, stride
        self.source, self.read, self.start = ids, 0, 0
        self.queue = deque(maxlen=max_len)

    def __iter__(self):
        return self

    def __next__(self):
        if self.ids is None:
            self.ids = iter(self.source)
        seen = self.read
        for token in self.ids:
            self.queue.append(token)
            self.read += 1
            if self.read == self.start + self.max_len:
                break
        if self.read == seen:
            raise StopIteration
        window = (self.start, list(self.queue)[-(self.read - self.start) :])
        self.start += self.stride
        return window


def chunks(ids, max_len, stride):
    """Return an iterator over the windows: pairs of a start and a list of ids."""
    if stride < 1 or max_len < stride:
        raise ValueError("stride")
    return _Windows(ids, max_len, stride)


def merge(parts, n):
    """Return the scores of each token from the window in which it is deepest."""
    parts = list(parts)
    if any(start < 0 or start + len(scores) > n for start, scores in parts):
        raise ValueError("a window reaches outside")
    rows = []
    for token in range(n):
        there = [(start, scores) for start, scores in parts if start <= token < start + len(scores)]
        if not there:
            raise ValueError("a token is in no window")
        start, scores = max(there, key=lambda part: (_depth(token, *part), -part[0]))
        rows.append(scores[token - start])
    return np.stack(rows)


def _depth(token, start, scores):
    """Return how many tokens stand on the side of the token where there are fewer."""
    return min(token - start, start + len(scores) - 1 - token)
