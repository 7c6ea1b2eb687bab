"""Walks over the clients once, keeping a running mean and the largest client so far."""

import numpy as np


def fedavg(states, counts):
    """Merge the clients' states, weighted by their numbers of samples."""
    if len(states) != len(counts):
        raise ValueError("one count per state, please")
    merged, seen, most = None, 0, 0
    for state, count in zip(states, counts):
        if count < 0 or _kinds(state) != _kinds(states[0]):
            raise ValueError("a client does not fit")
        if count == 0:
            continue
        if merged is None:
            merged = {name: np.zeros(entry.shape) for name, entry in state.items()}
        seen += count
        for name, entry in state.items():
            if entry.dtype.kind == "f":
                # A convex combination of the mean so far and the newcomer cannot overflow.
                merged[name][...] = merged[name] * ((seen - count) / seen) + entry.astype(np.float64) * (count / seen)
            elif count > most:
                merged[name] = entry.copy()
        most = max(most, count)
    if merged is None:
        raise ValueError("nobody has samples")
    return {name: mean.astype(states[0][name].dtype) for name, mean in merged.items()}


def federated_round(state, clients, lr, steps):
    """Let every client train from the server's weights, then merge."""
    trained = []
    for x, y in clients:
        weight = np.array(state["weight"])
        gram, moment = x.T @ x, x.T @ y
        for _ in range(steps):
            if len(y):
                weight = weight - 2 * lr * (gram @ weight - moment) / len(y)
        trained.append({"weight": weight})
    return fedavg(trained, [len(y) for _, y in clients])


def _kinds(state):
    return sorted((name, entry.shape, entry.dtype.str) for name, entry in state.items())
