"""Keeps the possible starts of a span in a queue; maps characters to tokens by a table."""

from collections import deque


def best_span(start, end, ctx_mask, max_len):
    """Return the first and the last token of the best span, and its score; None if there is none."""
    if max_len < 1:
        raise ValueError("max_len")
    if not (start.shape == end.shape == ctx_mask.shape == (ctx_mask.size,)):
        raise ValueError("shapes")
    best = None
    starts, queue = start.tolist(), deque()
    for e, (final, allowed) in enumerate(zip(end.tolist(), ctx_mask.tolist())):
        if queue and queue[0] <= e - max_len:
            queue.popleft()
        if not allowed:
            continue
        while queue and starts[queue[-1]] < starts[e]:
            queue.pop()
        queue.append(e)
        candidate = (-starts[queue[0]] - final, queue[0], e)
        best = candidate if best is None else min(best, candidate)
    return best and (best[1], best[2], -best[0])


def char_to_token(offsets, a, b):
    """Return the first and the last token of an answer given by its characters; None if it is cut."""
    if a < 0 or b <= a:
        raise ValueError("empty answer")
    table = {}
    for token, pair in enumerate(offsets):
        for character in range(*(pair or (0, 0))):
            first, _ = table.get(character, (token, token))
            table[character] = (first, token)
    if not table or a < min(table) or b - 1 > max(table):
        return None
    found = [table[character] for character in range(a, b) if character in table]
    return (min(first for first, _ in found), max(last for _, last in found)) if found else None


def answer_text(context, offsets, s, e):
    """Return the text of a span of tokens."""
    if s < 0 or e < s or e >= len(offsets):
        raise ValueError("span")
    if None in (offsets[s], offsets[e]):
        raise ValueError("not in the context")
    (begin, _), (_, end) = offsets[s], offsets[e]
    return "".join(context[i] for i in range(begin, end))
