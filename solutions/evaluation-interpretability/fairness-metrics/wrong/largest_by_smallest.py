"""Mistake: the ratio is turned."""

import numpy as np


def rates(y, pred, group, w=None):
    """Return four shares of each group."""
    w = _weights(group, w, y, pred)
    y, pred = y == 1, pred == 1
    return {
        g.item(): {
            "positive": _share(pred, own),
            "tpr": _share(pred, own * y),
            "fpr": _share(pred, own * ~y),
            "accuracy": _share(y == pred, own),
        }
        for g, own in ((g, w * (group == g)) for g in np.unique(group))
        if own.any()
    }


def parity(pred, group, w=None):
    """Return by how much groups differ in positive predictions."""
    return _gap(rates(pred, pred, group, w), "positive")


def equalised_odds(y, pred, group, w=None):
    """Return by how much groups differ in true or false positives."""
    told = rates(y, pred, group, w)
    return max(_gap(told, "tpr"), _gap(told, "fpr"))


def impact_ratio(pred, group, w=None):
    """Return the smallest share of positive predictions by the largest."""
    shares = [own["positive"] for own in rates(pred, pred, group, w).values()]
    return max(shares) / min(shares) if all(shares) else 1.0


def reweigh(y, group):
    """Return weights that make label and group independent."""
    _weights(group, None, y)
    in_group, with_label = group == group[:, None], y == y[:, None]
    return in_group.sum(axis=0) * with_label.sum(axis=0) / (len(y) * (in_group & with_label).sum(axis=0))


def _share(chosen, weights):
    whole = weights.sum()
    return float(weights @ chosen / whole) if whole else None


def _gap(told, name):
    shares = [own[name] for own in told.values() if own[name] is not None]
    return max(shares) - min(shares) if shares else 0.0


def _weights(group, w, *binary):
    """Return the weights of the persons; refuse what describes nobody."""
    w = np.ones(group.shape) if w is None else w
    if group.ndim != 1 or any(array.shape != group.shape for array in (w, *binary)):
        raise ValueError("need vectors of one length")
    if not np.isin(binary, [0, 1]).all():
        raise ValueError("labels and predictions are 0 or 1")
    if not np.isfinite(w).all() or (w < 0).any() or not w.any():
        raise ValueError("weights are finite, not negative, and not all 0")
    return w
