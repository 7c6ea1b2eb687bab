"""Counts the weight of each cell of group, label and prediction."""

from collections import Counter

import numpy as np


def cells(y, pred, group, w):
    n = group.size
    if w is None:
        w = np.ones(n)
    if any(a.ndim != 1 or a.size != n for a in (y, pred, group, w)):
        raise ValueError("lengths")
    for a in (y, pred):
        if ((a != 0) & (a != 1)).any():
            raise ValueError("not binary")
    if not (w >= 0).all() or np.isinf(w).any() or w.sum() == 0:
        raise ValueError("weights")
    table = Counter()
    for a, b, g, v in zip(y.tolist(), pred.tolist(), group.tolist(), w.tolist()):
        if v > 0:
            table[g, int(a), int(b)] += v
    return table


def divide(part, whole):
    return part / whole if whole else None


def rates(y, pred, group, w=None):
    table = cells(y, pred, group, w)
    told = {}
    for g in sorted({g for g, _, _ in table}):
        tn, fp, fn, tp = (table[g, a, b] for a in (0, 1) for b in (0, 1))
        told[g] = {
            "positive": divide(fp + tp, tn + fp + fn + tp),
            "tpr": divide(tp, fn + tp),
            "fpr": divide(fp, tn + fp),
            "accuracy": divide(tn + tp, tn + fp + fn + tp),
        }
    return {g: {k: None if v is None else float(v) for k, v in own.items()} for g, own in told.items()}


def spread(values):
    values = [v for v in values if v is not None]
    return float(max(values) - min(values)) if len(values) > 1 else 0.0


def parity(pred, group, w=None):
    return spread([own["positive"] for own in rates(np.zeros(pred.shape, dtype=int), pred, group, w).values()])


def equalised_odds(y, pred, group, w=None):
    told = rates(y, pred, group, w).values()
    return max(spread([own[name] for own in told]) for name in ("tpr", "fpr"))


def impact_ratio(pred, group, w=None):
    shares = sorted(own["positive"] for own in rates(pred, pred, group, w).values())
    return shares[0] / shares[-1] if shares[-1] > 0 else 1.0


def reweigh(y, group):
    cells(y, y, group, None)
    pairs = list(zip(y.astype(int).tolist(), group.tolist()))
    labels, groups, both = (Counter(keys) for keys in ((a for a, _ in pairs), (g for _, g in pairs), pairs))
    return np.array([labels[a] * groups[g] / len(pairs) / both[a, g] for a, g in pairs])
