"""Sets of the states that can finish within 0, 1, 2, ... tokens, and an argmax over the allowed scores alone."""

from collections.abc import Callable

import numpy as np

WEIGHT = 1.0  # variant: 1.0 if best == "largest" else -1.0
FROM_THE_END = False  # variant: tie == "largest"


def distances(automaton: tuple) -> dict:
    """Return how many tokens each state is away from acceptance."""
    _, accept, edges = automaton
    arrows: dict = {}
    for source, moves in edges.items():
        for target in set(moves.values()):
            arrows.setdefault(target, set()).add(source)
    away: dict = {}
    layer, step = set(accept), 0
    while layer:
        away.update(dict.fromkeys(layer, step))
        layer = {source for target in layer for source in arrows.get(target, ())} - away.keys()
        step += 1
    return away


def constrained_decode(step_fn: Callable, automaton: tuple, eos: int, max_len: int) -> list[int]:
    """Return the tokens chosen greedily among those that can still end valid."""
    state, accept, edges = automaton
    away = distances(automaton)
    for moves in edges.values():
        if eos in moves:
            raise ValueError("the end of a string lies on an edge")
    if state not in away or away[state] > max_len:
        raise ValueError("nothing fits")
    chosen: tuple = ()
    for left in range(max_len, 0, -1):
        options = {
            token: after for token, after in edges.get(state, {}).items() if after in away and away[after] < left
        }
        if state in accept:
            options[eos] = None
        numbers = sorted(options, reverse=FROM_THE_END)
        scores = np.asarray(step_fn([*chosen]))[numbers] * WEIGHT
        if np.isnan(scores).any():
            raise ValueError("NaN")
        token = numbers[int(np.argmax(scores))]
        if token == eos:
            return list(chosen)
        chosen, state = (*chosen, token), options[token]
    return list(chosen)
