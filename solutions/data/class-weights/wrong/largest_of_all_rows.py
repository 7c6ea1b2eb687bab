"""Mistake: The largest logit of all rows is taken off."""

import numpy as np


def balanced_weights(y):
    """Return the classes, and weights that make them count alike."""
    if not len(y):
        raise ValueError("no samples")
    classes, counts = np.unique(y, return_counts=True)
    return classes, len(y) / (len(classes) * counts)


def weighted_ce(logits, y, w):
    """Return the weighted cross-entropy."""
    return focal(logits, y, 0, w)[0]


def focal(logits, y, gamma, w):
    """Return the weighted focal loss and its gradient."""
    shares = _shares(logits, y, w)
    rows = np.arange(len(y))
    z = logits.astype(np.float64)
    z -= z.max()
    exps = np.exp(z)
    total = exps.sum(axis=1)
    log_p = z[rows, y] - np.log(total)
    exps[rows, y] = 0
    # unlike 1 - p, exact where p is almost 1
    miss = exps.sum(axis=1) / total
    focus = miss**gamma
    slope = focus
    if gamma:
        slope = focus - gamma * miss ** (gamma - 1) * np.exp(log_p) * log_p
    grad = exps / total[:, None]
    grad[rows, y] = -miss
    grad *= (shares * slope)[:, None]
    return float(-(shares * focus) @ log_p), grad.astype(logits.dtype)


def best_threshold(y, s, cost_fp, cost_fn):
    """Return the cheapest threshold and its cost."""
    if not len(y):
        raise ValueError("no samples")
    values, place = np.unique(s, return_inverse=True)
    below = [np.cumsum(np.bincount(place[y == label] + 1, minlength=len(values) + 1)) for label in (0, 1)]
    costs = cost_fp * (below[0][-1] - below[0]) + cost_fn * below[1]
    best = costs.argmin()
    return float(np.append(values, np.inf)[best]), int(costs[best])


def _shares(logits, y, w):
    """Return what part of the whole each sample is."""
    classes = logits.shape[1]
    if len(w) != classes or (w < 0).any() or ((y < 0) | (y >= classes)).any():
        raise ValueError("weights or labels do not fit the logits")
    weights = w[y]
    if not weights.sum():
        raise ValueError("nothing has a weight")
    return weights / weights.sum()
