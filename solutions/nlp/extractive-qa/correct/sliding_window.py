"""The best end for each start from a view of windows; characters by bisection."""

from bisect import bisect_left, bisect_right

import numpy as np


def best_span(start, end, ctx_mask, max_len):
    """Return the first and the last token of the best span, and its score; None if there is none."""
    shape = (len(ctx_mask),)
    if max_len < 1 or any(part.shape != shape for part in (start, end, ctx_mask)):
        raise ValueError("arguments")
    if not ctx_mask.any():
        return None
    width = min(max_len, len(start))
    starts = np.full(shape, -np.inf)
    starts[ctx_mask] = start[ctx_mask]
    ends = np.full(len(start) + width - 1, -np.inf)
    ends[: len(start)][ctx_mask] = end[ctx_mask]
    windows = np.lib.stride_tricks.sliding_window_view(ends, width)
    s = int(np.argmax(starts + windows.max(axis=1)))
    sums = starts[s] + windows[s]
    e = int(np.argmax(sums))
    return s, s + e, float(sums[e])


def char_to_token(offsets, a, b):
    """Return the first and the last token of an answer given by its characters; None if it is cut."""
    if a < 0 or a >= b:
        raise ValueError("characters")
    real = [i for i, pair in enumerate(offsets) if pair is not None and pair[0] != pair[1]]
    begins, ends = [offsets[i][0] for i in real], [offsets[i][1] for i in real]
    if not real or not begins[0] <= a or not b <= ends[-1]:
        return None
    s, e = bisect_right(ends, a), bisect_left(begins, b) - 1
    return None if s > e else (real[s], real[e])


def answer_text(context, offsets, s, e):
    """Return the text of a span of tokens."""
    if s not in range(len(offsets)) or e not in range(s, len(offsets)):
        raise ValueError("tokens")
    first, last = offsets[s], offsets[e]
    if first is None or last is None:
        raise ValueError("no context")
    return context[slice(first[0], last[1])]
