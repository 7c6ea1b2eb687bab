"""One pass over all starts for each length of a span; tokens by a look at every pair of offsets."""

import numpy as np


def best_span(start, end, ctx_mask, max_len):
    """Return the first and the last token of the best span, and its score; None if there is none."""
    start, end, ctx_mask = np.asarray(start), np.asarray(end), np.asarray(ctx_mask)
    if max_len < 1:
        raise ValueError("max_len must be at least 1")
    if start.ndim != 1 or start.shape != end.shape or start.shape != ctx_mask.shape:
        raise ValueError("start, end and ctx_mask must all have the shape (T,)")
    context = np.flatnonzero(ctx_mask)
    if context.size == 0:
        return None

    # Outside of the context a score of -inf loses against everything.
    first = np.where(ctx_mask, start.astype(np.float64), -np.inf)
    last = np.where(ctx_mask, end.astype(np.float64), -np.inf)
    count = len(first)
    best = np.full(count, -np.inf)  # for each s the best score, and how far its e is from s
    reach = np.zeros(count, dtype=np.int64)
    with np.errstate(over="ignore"):
        for step in range(min(int(max_len), count)):
            score = first[: count - step] + last[step:]
            better = score > best[: count - step]
            best[: count - step][better] = score[better]
            reach[: count - step][better] = step
    s = int(best.argmax())
    if best[s] == -np.inf:  # every sum overflowed: all valid spans are equal
        s = int(context[0])
    return s, s + int(reach[s]), float(best[s])


def char_to_token(offsets, a, b):
    """Return the first and the last token of an answer given by its characters; None if it is cut."""
    if not 0 <= a < b:
        raise ValueError("need 0 <= a < b")
    tokens = [(i, *pair) for i, pair in enumerate(offsets) if pair is not None and pair[0] < pair[1]]
    if not tokens:
        return None
    if a < min(begin for _, begin, _ in tokens) or b > max(end for _, _, end in tokens):
        return None
    inside = [i for i, begin, end in tokens if begin < b and end > a]
    return (inside[0], inside[-1]) if inside else None


def answer_text(context, offsets, s, e):
    """Return the text of a span of tokens."""
    if not 0 <= s <= e < len(offsets):
        raise ValueError("no such span of tokens")
    if offsets[s] is None or offsets[e] is None:
        raise ValueError("the span must begin and end in the context")
    return context[offsets[s][0] : offsets[e][1]]
