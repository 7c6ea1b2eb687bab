"""A search backwards from acceptance, and the minimum of pairs of score and number."""

import math
from collections import deque
from collections.abc import Callable

SCORE_SIGN = -1  # variant: -1 if best == "largest" else 1
TOKEN_SIGN = 1  # variant: 1 if tie == "smallest" else -1


def distances(automaton: tuple) -> dict:
    """Return how many tokens each state is away from acceptance."""
    _, accept, edges = automaton
    before = {}
    for state, out in edges.items():
        for target in out.values():
            before.setdefault(target, []).append(state)
    found = dict.fromkeys(accept, 0)
    queue = deque(found)
    while queue:
        state = queue.popleft()
        for source in before.get(state, ()):
            if source not in found:
                found[source] = found[state] + 1
                queue.append(source)
    return found


def constrained_decode(step_fn: Callable, automaton: tuple, eos: int, max_len: int) -> list[int]:
    """Return the tokens chosen greedily among those that can still end valid."""
    state, accept, edges = automaton
    if any(eos in out for out in edges.values()):
        raise ValueError("eos is on an edge")
    far = distances(automaton)
    if far.get(state, math.inf) > max_len:
        raise ValueError("no valid string is short enough")

    tokens = []
    while len(tokens) < max_len:
        scores = step_fn(list(tokens))
        room = max_len - len(tokens) - 1
        out = edges.get(state, {})
        allowed = [token for token, target in out.items() if far.get(target, math.inf) <= room]
        if state in accept:
            allowed.append(eos)
        if any(math.isnan(scores[token]) for token in allowed):
            raise ValueError("something allowed has the score NaN")
        best = min(allowed, key=lambda token: (SCORE_SIGN * scores[token], TOKEN_SIGN * token))
        if best == eos:
            break
        tokens.append(int(best))
        state = out[best]
    return tokens
