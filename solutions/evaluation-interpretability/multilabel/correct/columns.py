"""Loops over columns and samples; losses from log1p, thresholds from running counts."""

import numpy as np


def ml_loss(logits, y, pos_weight=None):
    table(logits)
    table(y, logits.shape, True)
    n, c = logits.shape
    weights = np.ones(c) if pos_weight is None else pos_weight
    if weights.shape != (c,) or not all(w > 0 for w in weights):
        raise ValueError("weights")
    truth = y.astype(np.float64)
    small = np.exp(-np.abs(logits))
    tail = np.log1p(small)
    positive = tail + np.maximum(-logits, 0)
    negative = tail + np.maximum(logits, 0)
    sigmoid = np.where(logits >= 0, 1, small) / (1 + small)
    other = np.where(logits >= 0, small, 1) / (1 + small)
    loss = (weights * truth * positive + (1 - truth) * negative).sum() / (n * c)
    return float(loss), ((1 - truth) * sigmoid - weights * truth * other) / (n * c)


def predict(logits, thr):
    table(logits)
    if thr.shape != (logits.shape[1],) or not all(0 < t < 1 for t in thr):
        raise ValueError("thresholds")
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1, small) / (1 + small) >= thr


def ml_metrics(y, p):
    table(y, binary=True)
    table(p, y.shape, True)
    y, p = y.astype(bool), p.astype(bool)
    return {
        "subset_accuracy": sum(a == b for a, b in zip(y.tolist(), p.tolist())) / len(y),
        "hamming_loss": float(np.logical_xor(y, p).sum() / y.size),
        "example_f1": sum(f1(a, b) for a, b in zip(y, p)) / len(y),
        "micro_f1": f1(y.ravel(), p.ravel()),
        "macro_f1": sum(f1(a, b) for a, b in zip(y.T, p.T)) / y.shape[1],
    }


def f1(a, b):
    whole = int(a.sum()) + int(b.sum())
    return 2 * int((a & b).sum()) / whole if whole else 1.0


def fit_thresholds(scores, y):
    table(scores)
    table(y, scores.shape, True)
    chosen = []
    for column, truth in zip(scores.T.tolist(), y.T.tolist()):
        positives = sum(truth)
        best, at, hits, passed = (0.0 if positives else 1.0), np.inf, 0, 0
        pairs = sorted(zip(column, truth), reverse=True)
        for place, (score, label) in enumerate(pairs):
            hits, passed = hits + label, passed + 1
            if place + 1 < len(pairs) and pairs[place + 1][0] == score:
                continue
            quality = 2 * hits / (passed + positives)
            if quality > best:
                best, at = quality, score
        chosen.append(at)
    return np.array(chosen, dtype=np.float64)


def table(array, shape=None, binary=False):
    if array.ndim != 2 or array.size == 0 or (shape is not None and array.shape != shape):
        raise ValueError("shape")
    if (array != array).any() or (binary and set(np.unique(array).tolist()) - {0, 1}):
        raise ValueError("values")
