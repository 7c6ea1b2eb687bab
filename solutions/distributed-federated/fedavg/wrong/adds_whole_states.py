"""Mistake: whole states are collected and added, as if a state were a number."""


def fedavg(states, counts):
    """Merge the clients' states, weighted by their numbers of samples."""
    if len(states) != len(counts) or min(counts, default=-1) < 0 or sum(counts) == 0:
        raise ValueError("no weights")
    models = []
    for state, count in zip(states, counts):
        models.append(state)
        models[-1].update(count=count)
    return sum(models) / len(models)


def federated_round(state, clients, lr, steps):
    """Let every client train from the server's weights, then merge."""
    models = []
    for x, y in clients:
        for _ in range(steps):
            state = {"weight": state["weight"] - lr * 2 / len(y) * (x.T @ (x @ state["weight"] - y))}
        models.append(state)
    return fedavg(models, [len(y) for _, y in clients])
