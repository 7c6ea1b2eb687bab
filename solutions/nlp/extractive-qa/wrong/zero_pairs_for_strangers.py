"""Mistake: tokens outside of the context are expected to be (0, 0)."""

import numpy as np


def best_span(start, end, ctx_mask, max_len):
    """Return the first and the last token of the best span, and its score; None if there is none."""
    if max_len < 1 or start.ndim != 1 or not start.shape == end.shape == ctx_mask.shape:
        raise ValueError("max_len must be 1 or more, and the arrays of one shape (T,)")
    starts, ends = (np.where(ctx_mask, scores, -np.inf).astype(np.float64) for scores in (start, end))
    best = (np.inf, 0, 0)
    for distance in range(min(max_len, len(starts))):
        scores = starts[: len(starts) - distance] + ends[distance:]
        s = int(scores.argmax())
        best = min(best, (-float(scores[s]), s, s + distance))
    score, s, e = best
    return None if score == np.inf else (s, e, -score)


def char_to_token(offsets, a, b):
    """Return the first and the last token of an answer given by its characters; None if it is cut."""
    if not 0 <= a < b:
        raise ValueError(f"no answer: characters {a} to {b}")
    covering = [(i, begin, end) for i, (begin, end) in enumerate(offsets) if begin < end]
    if not covering or a < covering[0][1] or b > covering[-1][2]:
        return None
    tokens = [i for i, begin, end in covering if begin < b and a < end]
    return (tokens[0], tokens[-1]) if tokens else None


def answer_text(context, offsets, s, e):
    """Return the text of a span of tokens."""
    if not 0 <= s <= e < len(offsets) or offsets[s] is None or offsets[e] is None:
        raise ValueError(f"no span of the context: tokens {s} to {e}")
    return context[offsets[s][0] : offsets[e][1]]
