"""Mistake: a weight of 0 is refused."""

import numpy as np


def soft_vote(probs, weights=None):
    """Return the weighted mean of the models' probabilities."""
    weights = _weights(probs, 3, weights)
    return np.tensordot(weights / weights.sum(), probs, axes=1)


def hard_vote(labels, weights=None):
    """Return the class with the most votes for each sample."""
    weights = _weights(labels, 2, weights)
    classes = np.unique(labels)
    votes = [weights @ (labels == name) for name in classes]
    # the first of equals is the smallest, for the classes are sorted
    return classes[np.argmax(votes, axis=0)] if len(classes) else labels[0]


def bag(fit, x, y, count, rng):
    """Return the mean of models learnt from resampled rows, and the predictions out of bag."""
    if count < 1 or len(x) != len(y):
        raise ValueError("need a model, and one number for each row")
    models = []
    totals, voices = np.zeros(len(x)), np.zeros(len(x))
    for _ in range(count):
        rows = rng.integers(len(x), size=len(x))
        models.append(fit(x[rows], y[rows]))
        unseen = np.setdiff1d(np.arange(len(x)), rows)
        if len(unseen):
            totals[unseen] += models[-1](x[unseen])
            voices[unseen] += 1
    oob = np.divide(totals, voices, out=np.full(len(x), np.nan), where=voices > 0)
    return lambda new: sum(model(new) for model in models) / count, oob


def stack(fits, meta, x, y, folds):
    """Return a model on top of models, and what it was learnt from."""
    if not len(x) == len(y) == len(folds):
        raise ValueError("need one number and one fold for each row")
    if not fits or len(np.unique(folds)) < 2:
        raise ValueError("need a model and two folds")
    z = np.zeros((len(x), len(fits)))
    for fold in np.unique(folds):
        own = folds == fold
        z[own] = np.column_stack([fit(x[~own], y[~own])(x[own]) for fit in fits])
    combine = meta(z, y)
    models = [fit(x, y) for fit in fits]
    return lambda new: combine(np.column_stack([model(new) for model in models])), z


def _weights(array, dimensions, weights):
    """Return the weights of the models; refuse what makes no vote."""
    if array.ndim != dimensions:
        raise ValueError(f"need {dimensions} dimensions")
    weights = np.ones(len(array), dtype=np.int64) if weights is None else weights
    if weights.shape != array.shape[:1] or (weights <= 0).any() or not weights.any():
        raise ValueError("need a weight for each model, none negative, not all 0")
    return weights
