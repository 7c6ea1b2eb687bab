"""Adds up shares, then keeps the mean between the smallest and the largest number by clipping."""

import numpy as np


def fedavg(states: list[dict[str, np.ndarray]], counts: list[int]) -> dict[str, np.ndarray]:
    """Merge the clients' states, weighted by their numbers of samples."""
    if not states or len(states) != len(counts):
        raise ValueError("need one count per client, and at least one client")
    if any(c < 0 for c in counts) or sum(counts) == 0:
        raise ValueError("counts must not be negative nor all zero")
    first = states[0]
    for state in states:
        if set(state) != set(first):
            raise ValueError("clients differ in names")
        for name, value in state.items():
            if value.shape != first[name].shape or value.dtype != first[name].dtype:
                raise ValueError(f"clients differ in {name}")

    total = sum(counts)
    active = [(s, c) for s, c in zip(states, counts) if c > 0]
    biggest = states[counts.index(max(counts))]
    result = {}
    for name, like in first.items():
        if np.issubdtype(like.dtype, np.floating):
            values = [s[name].astype(np.float64) for s, _ in active]
            mean = sum(v * (c / total) for v, (_, c) in zip(values, active))
            # rounding may leave the range by a hair
            mean = np.clip(mean, np.minimum.reduce(values), np.maximum.reduce(values))
            result[name] = np.array(mean, dtype=like.dtype).reshape(like.shape)
        else:
            result[name] = np.array(biggest[name], copy=True)
    return result


def federated_round(
    state: dict[str, np.ndarray], clients: list[tuple[np.ndarray, np.ndarray]], lr: float, steps: int
) -> dict[str, np.ndarray]:
    """Let every client train from the server's weights, then merge."""
    trained, counts = [], []
    for x, y in clients:
        w = state["weight"].copy()
        n = len(x)
        if n > 0:
            for _ in range(steps):
                w = w - lr * (2 / n) * (x.T @ (x @ w - y))
        trained.append({"weight": w})
        counts.append(n)
    return fedavg(trained, counts)
