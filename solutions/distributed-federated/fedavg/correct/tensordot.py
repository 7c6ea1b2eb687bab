"""Stacks the clients along a new first axis and contracts it with the shares."""

from collections.abc import Sequence

import numpy as np

State = dict[str, np.ndarray]


def fedavg(states: Sequence[State], counts: Sequence[int]) -> State:
    """Merge the clients' states, weighted by their numbers of samples."""
    if not states or len(states) != len(counts) or min(counts) < 0 or max(counts) == 0:
        raise ValueError("the counts make no weights for these states")
    first = states[0]
    for state in states:
        if set(state) != set(first):
            raise ValueError("names differ")
        for name, entry in state.items():
            if (entry.shape, entry.dtype) != (first[name].shape, first[name].dtype):
                raise ValueError(f"{name} differs in shape or dtype")
    active = [index for index, count in enumerate(counts) if count > 0]
    weights = np.array([counts[index] for index in active], dtype=np.float64)
    shares = weights / weights.sum()
    chosen = max(active, key=lambda index: (counts[index], -index))
    result = {}
    for name, entry in states[chosen].items():
        if np.issubdtype(entry.dtype, np.floating):
            stacked = np.stack([states[index][name] for index in active]).astype(np.float64)
            result[name] = np.tensordot(shares, stacked, axes=(0, 0)).astype(entry.dtype)
        else:
            result[name] = np.array(entry)
    return result


def federated_round(state: State, clients: list[tuple[np.ndarray, np.ndarray]], lr: float, steps: int) -> State:
    """Let every client train from the server's weights, then merge."""
    states, counts = [], []
    for x, y in clients:
        local = state["weight"].copy()
        for _ in range(steps if len(y) else 0):
            residual = x @ local - y
            local -= lr * (2 * residual[:, None] * x).mean(axis=0)
        states.append({"weight": local})
        counts.append(len(y))
    return fedavg(states, counts)
