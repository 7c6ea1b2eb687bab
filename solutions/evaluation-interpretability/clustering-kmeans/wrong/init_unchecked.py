"""Mistake: init is taken as it comes."""

import numpy as np


def kmeans(x, k, seed, n_init=1, max_iter=100, init=None):
    """Return centres, labels, inertia and the history of the inertia."""
    _refuse(x, k, n_init, max_iter, init)
    # near the origin squares of coordinates do not drown distances
    origin = x.mean(axis=0)
    x = x - origin
    rng = np.random.default_rng(seed)
    starts = [_begin(x, k, rng) for _ in range(n_init)] if init is None else [init - origin]
    runs = [_run(x, start, max_iter) for start in starts]
    centres, labels, history = min(runs, key=lambda run: run[2][-1])
    return centres + origin, labels, history[-1], history


def _refuse(x, k, n_init, max_iter, init):
    if x.ndim != 2 or not np.isfinite(x).all():
        raise ValueError("need a table of finite numbers")
    if not 1 <= k <= len(np.unique(x, axis=0)):
        raise ValueError("need a centre, and a different row for each")
    if n_init < 1 or max_iter < 0:
        raise ValueError("need a run")


def _begin(x, k, rng):
    """Choose rows far from each other."""
    chosen = [rng.integers(len(x))]
    while len(chosen) < k:
        passed = _assign(x, x[chosen])[1].cumsum()
        chosen.append(np.searchsorted(passed, rng.random() * passed[-1], side="right"))
    return x[chosen]


def _run(x, centres, max_iter):
    labels, distances = _assign(x, centres)
    history = [float(distances.sum())]
    for _ in range(max_iter):
        before = labels
        centres = _update(x, labels, distances, len(centres))
        labels, distances = _assign(x, centres)
        history.append(float(distances.sum()))
        if (labels == before).all():
            break
    return centres, labels, history


def _assign(x, centres):
    labels = ((centres**2).sum(axis=1) - 2 * x @ centres.T).argmin(axis=1)
    return labels, ((x - centres[labels]) ** 2).sum(axis=1)


def _update(x, labels, distances, k):
    counts = np.bincount(labels, minlength=k)
    sums = np.zeros((k, x.shape[1]))
    np.add.at(sums, labels, x)
    centres = sums / np.maximum(counts, 1)[:, None]
    empty = (counts == 0).nonzero()[0]
    centres[empty] = x[np.argsort(-distances, kind="stable")[: len(empty)]]
    return centres
