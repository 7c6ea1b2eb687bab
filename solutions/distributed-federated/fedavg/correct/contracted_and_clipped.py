"""Contracts the stacked clients with their shares, then clips to the range of the numbers."""

import numpy as np


def _layout(state: dict[str, np.ndarray]) -> dict[str, tuple]:
    return {name: (entry.shape, entry.dtype) for name, entry in state.items()}


def _weighted_mean(entries: list[np.ndarray], shares: list[float]) -> np.ndarray:
    """Return the mean in the dtype of the entries; `shares` sum to 1."""
    values = np.stack([entry.astype(np.float64) for entry in entries])
    # Each number is multiplied by its share before it is added, so nothing overflows.
    mean = np.tensordot(np.array(shares), values, axes=1)
    mean = np.clip(mean, values.min(axis=0), values.max(axis=0))
    return np.array(mean, dtype=entries[0].dtype).reshape(entries[0].shape)


def fedavg(states: list[dict[str, np.ndarray]], counts: list[int]) -> dict[str, np.ndarray]:
    """Merge the clients' states, weighted by their numbers of samples."""
    if not states or len(states) != len(counts):
        raise ValueError("one count for each of at least one state is needed")
    if min(counts) < 0:
        raise ValueError("a count is negative")
    total = sum(counts)
    if total == 0:
        raise ValueError("the counts sum to zero")
    layout = _layout(states[0])
    if any(_layout(state) != layout for state in states):
        raise ValueError("the clients differ in names, shapes or dtypes")

    present = [i for i, count in enumerate(counts) if count > 0]
    shares = [counts[i] / total for i in present]
    largest = states[counts.index(max(counts))]
    result = {}
    for name, (_, dtype) in layout.items():
        if dtype.kind == "f":
            result[name] = _weighted_mean([states[i][name] for i in present], shares)
        else:
            result[name] = largest[name].copy()
    return result


def federated_round(
    state: dict[str, np.ndarray], clients: list[tuple[np.ndarray, np.ndarray]], lr: float, steps: int
) -> dict[str, np.ndarray]:
    """Let every client train from the server's weights, then merge."""
    trained, counts = [], []
    for x, y in clients:
        w = state["weight"].copy()
        if len(x):
            for _ in range(steps):
                w -= lr * 2 / len(x) * (x.T @ (x @ w - y))
        trained.append({"weight": w})
        counts.append(len(x))
    return fedavg(trained, counts)
