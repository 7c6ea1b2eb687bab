"""Overlapping windows: see the statement for the rules."""

import numpy as np


def chunks(ids, max_len, stride):
    """Return an iterator over the windows: pairs of a start and a list of ids."""
    # Write: refuse what is no window, then read and hand out window after window.
    return iter([])


def merge(parts, n):
    """Return the scores of each token from the window in which it is deepest."""
    # Write: the depth of each token in each window, and the scores of the deepest.
    return np.zeros((n, 1))
