"""Shifts rows by their largest logit and takes log1p of the rest; thresholds from one sort."""

import numpy as np


def balanced_weights(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes, and weights that make them count alike."""
    if len(y) == 0:
        raise ValueError("there are no samples")
    classes, counts = np.unique(y, return_counts=True)
    return classes, len(y) / (len(classes) * counts)


def weighted_ce(logits: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    """Return the weighted cross-entropy."""
    return focal(logits, y, 0, w)[0]


def focal(logits: np.ndarray, y: np.ndarray, gamma: float, w: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the weighted focal loss and its gradient."""
    n, c = logits.shape
    if w.shape != (c,) or not (w >= 0).all():
        raise ValueError("one weight of at least 0 per class is needed")
    if y.shape != (n,) or ((y < 0) | (y >= c)).any():
        raise ValueError("y must hold one class per row")
    weights = w[y].astype(np.float64)
    total = weights.sum()
    if total <= 0:
        raise ValueError("the weights sum to 0")

    rows = np.arange(n)
    z = logits.astype(np.float64)
    top = z.argmax(axis=1)
    z -= z[rows, top][:, None]
    rest = np.exp(z)
    rest[rows, top] = 0.0
    # log1p keeps the tiny losses of rows that are nearly certain
    log_all = z - np.log1p(rest.sum(axis=1))[:, None]
    log_p = log_all[rows, y]
    p, miss = np.exp(log_p), -np.expm1(log_p)

    focus = miss**gamma
    loss = (weights * focus * -log_p).sum() / total
    slope = -focus  # the derivative of -focus * log_p with respect to log_p
    if gamma != 0:
        slope = slope + gamma * miss ** (gamma - 1) * p * log_p
    direction = -np.exp(log_all)
    direction[rows, y] = miss
    grad = (weights / total * slope)[:, None] * direction
    return float(loss) + 0.0, grad.astype(logits.dtype)


def best_threshold(y: np.ndarray, s: np.ndarray, cost_fp: int, cost_fn: int) -> tuple[float, int]:
    """Return the cheapest threshold and its cost."""
    n = len(s)
    if n == 0:
        raise ValueError("there are no samples")
    order = np.argsort(s, kind="stable")
    scores, positive = s[order], y[order] == 1
    positives_below = np.concatenate([[0], np.cumsum(positive, dtype=np.int64)])
    negatives_below = np.arange(n + 1) - positives_below
    false_positives = negatives_below[-1] - negatives_below
    cost = false_positives * int(cost_fp) + positives_below * int(cost_fn)
    # position i: everything from i on is positive; only the first of equal scores is a candidate
    candidates = np.flatnonzero(np.concatenate([[True], scores[1:] != scores[:-1], [True]]))
    best = candidates[cost[candidates].argmin()]
    threshold = float(scores[best]) if best < n else float("inf")
    return threshold, int(cost[best])
