"""The overlap kept as a list; depths of all windows in one table."""

import numpy as np


def chunks(ids, max_len, stride):
    """Return an iterator over the windows: pairs of a start and a list of ids."""
    if stride <= 0 or stride > max_len:
        raise ValueError("stride")

    def read():
        start, window, fresh = 0, [], False
        for token in ids:
            window.append(token)
            fresh = True
            if len(window) == max_len:
                yield start, window[:]
                del window[:stride]
                start, fresh = start + stride, False
        if fresh:
            yield start, window

    return read()


def merge(parts, n):
    """Return the scores of each token from the window in which it is deepest."""
    parts = sorted(parts, key=lambda part: part[0])
    table = np.full((len(parts) + 1, n), -1)
    for row, (start, scores) in zip(table, parts, strict=False):
        length = len(scores)
        if start not in range(n - length + 1):
            raise ValueError("a window reaches outside")
        row[start : start + length] = [min(i, length - 1 - i) for i in range(length)]
    if table.max(axis=0).min() < 0:
        raise ValueError("a token is in no window")
    # argmax takes the first of equals
    chosen = table.argmax(axis=0)
    return np.stack([parts[k][1][token - parts[k][0]] for token, k in enumerate(chosen)])
