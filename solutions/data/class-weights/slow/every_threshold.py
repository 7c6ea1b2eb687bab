"""Evaluates each candidate on all samples."""

import numpy as np


def balanced_weights(y):
    """Return the classes, and weights that make them count alike."""
    if y.size == 0:
        raise ValueError("no samples")
    classes = np.array(sorted(set(y.tolist())), dtype=y.dtype)
    return classes, np.array([y.size / len(classes) / (y == each).sum() for each in classes])


def log_softmax(logits):
    """Return log-probabilities in double precision."""
    z = logits.astype(np.float64)
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def weighted_ce(logits, y, w):
    """Return the weighted cross-entropy."""
    return focal(logits, y, 0, w)[0]


def focal(logits, y, gamma, w):
    """Return the weighted focal loss and its gradient, by the chain rule."""
    width = logits.shape[1]
    if w.shape != (width,) or np.any(w < 0):
        raise ValueError("weights")
    if not set(y.tolist()) <= set(range(width)):
        raise ValueError("labels")
    if np.sum(w[y]) == 0:
        raise ValueError("no weight at all")
    chosen = np.eye(width)[y]
    logs = log_softmax(logits)
    probabilities = np.exp(logs)
    log_p = (chosen * logs).sum(axis=1)
    q = ((1 - chosen) * probabilities).sum(axis=1)
    d = -(q**gamma)
    if gamma > 0:
        d = d + gamma * q ** (gamma - 1) * probabilities[np.arange(len(y)), y] * log_p
    weights = w[y] / w[y].sum()
    centred = np.where(chosen == 1, q[:, None], -probabilities)
    loss = (weights * q**gamma * -log_p).sum()
    return float(loss), (centred * (weights * d)[:, None]).astype(logits.dtype)


def best_threshold(y, s, cost_fp, cost_fn):
    """Return the cheapest threshold and its cost."""
    if y.size == 0:
        raise ValueError("no samples")
    best = None
    for threshold in [*np.unique(s).tolist(), float("inf")]:
        predicted = s >= threshold
        cost = cost_fp * int((predicted & (y == 0)).sum()) + cost_fn * int((~predicted & (y == 1)).sum())
        if best is None or cost < best[1]:
            best = (threshold, cost)
    return best
