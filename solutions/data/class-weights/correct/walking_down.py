"""Walks down the sorted scores; losses row by row."""

import math

import numpy as np


def balanced_weights(y):
    """Return the classes, and weights that make them count alike."""
    labels = y.tolist()
    if not labels:
        raise ValueError("empty")
    classes = sorted(set(labels))
    weights = [len(labels) / len(classes) / labels.count(each) for each in classes]
    return np.array(classes, dtype=y.dtype), np.array(weights)


def weighted_ce(logits, y, w):
    """Return the weighted cross-entropy."""
    refuse(logits, y, w)
    parts = [w[label] * -describe(row, label)[0] for row, label in zip(logits, y)]
    return math.fsum(parts) / math.fsum(w[label] for label in y)


def focal(logits, y, gamma, w):
    """Return the weighted focal loss and its gradient."""
    refuse(logits, y, w)
    total = math.fsum(w[label] for label in y)
    loss, grad = 0.0, np.zeros(logits.shape)
    for number, label in enumerate(y):
        log_p, miss, probabilities = describe(logits[number], label)
        share = w[label] / total
        loss -= share * miss**gamma * log_p
        outer = miss**gamma
        if gamma != 0:
            outer -= gamma * miss ** (gamma - 1) * math.exp(log_p) * log_p
        direction = probabilities.copy()
        direction[label] = -miss
        grad[number] = share * outer * direction
    return float(loss), grad.astype(logits.dtype)


def describe(row, label):
    """Return log-probability, probability of the others, and all probabilities."""
    row = row.astype(np.float64)
    exps = np.exp(row - row.max())
    total = math.fsum(exps)
    others = math.fsum(np.delete(exps, label))
    return float(row[label] - row.max() - math.log(total)), others / total, exps / total


def refuse(logits, y, w):
    """Raise if labels or weights do not fit."""
    if len(w) != logits.shape[1] or min(w) < 0:
        raise ValueError("weights")
    if any(not 0 <= label < len(w) for label in y.tolist()):
        raise ValueError("labels")
    if sum(w[label] for label in y) == 0:
        raise ValueError("weights sum to zero")


def best_threshold(y, s, cost_fp, cost_fn):
    """Return the cheapest threshold and its cost."""
    pairs = sorted(zip(s.tolist(), y.tolist()), reverse=True)
    if not pairs:
        raise ValueError("empty")
    cost = cost_fn * sum(label for _, label in pairs)
    best = (cost, math.inf)
    for number, (score, label) in enumerate(pairs):
        cost += -cost_fn if label else cost_fp
        if number + 1 == len(pairs) or pairs[number + 1][0] != score:
            best = min(best, (cost, score))
    return best[1], best[0]
