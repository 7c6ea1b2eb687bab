"""Mistake: the string with the best total score, not the greedy one."""

import math
from collections import deque

SIGN = 1  # variant: 1 if best == "largest" else -1
BACKWARDS = False  # variant: tie == "largest"


def distances(automaton):
    """Return how many tokens each state is away from acceptance."""
    _, accept, edges = automaton
    before = {}
    for state, moves in edges.items():
        for following in moves.values():
            before.setdefault(following, []).append(state)
    found = dict.fromkeys(accept, 0)
    waiting = deque(found)
    while waiting:
        state = waiting.popleft()
        for earlier in before.get(state, ()):
            if earlier not in found:
                found[earlier] = found[state] + 1
                waiting.append(earlier)
    return found


def constrained_decode(step_fn, automaton, eos, max_len):
    """Return the tokens chosen greedily among those that can still end valid."""
    state, _, edges = automaton
    if any(eos in moves for moves in edges.values()):
        raise ValueError(f"{eos} ends a string, and cannot be within one")
    away = distances(automaton)
    if away.get(state, math.inf) > max_len:
        raise ValueError(f"no valid string has {max_len} tokens or fewer")
    tokens = []
    while len(tokens) < max_len:
        moves = edges.get(state, {})
        room = max_len - len(tokens) - 1
        allowed = [token for token, following in moves.items() if away.get(following, math.inf) <= room]
        if away[state] == 0:
            allowed.append(eos)
        scores = step_fn(list(tokens))
        token = _best(scores, allowed)
        finals = [each for each in allowed if each != eos and away[moves[each]] == 0]
        if finals and token != eos:
            token = _best(scores, finals)
        if token == eos:
            break
        tokens.append(token)
        state = moves[token]
    return tokens


def _best(scores, allowed):
    """Return the token with the best score, of several the one that comes first."""
    if any(math.isnan(scores[token]) for token in allowed):
        raise ValueError("a score is NaN")
    return max(sorted(allowed, reverse=BACKWARDS), key=lambda token: SIGN * scores[token])
