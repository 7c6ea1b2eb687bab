"""Mistake: each group goes to a part at random"""

import numpy as np


def stratified_folds(y, k, seed, groups=None):
    """Return k pairs of row numbers: those to train on, and those to test on."""
    units = np.arange(len(y)) if groups is None else np.unique(groups, return_inverse=True)[1]
    if len(y) == 0 or k < 2 or len(units) != len(y):
        raise ValueError("there must be rows, two folds or more, and a group for each row")
    classes, labels = np.unique(y, return_inverse=True)
    counts = np.stack([np.bincount(units, labels == label) for label in range(len(classes))], axis=1)
    if ((counts > 0).sum(axis=0) < k).any():
        raise ValueError("a class is too small to be in every fold")
    part = _deal(counts, k, np.random.default_rng(seed))[units]
    return [(np.flatnonzero(part != fold), np.flatnonzero(part == fold)) for fold in range(k)]


def _deal(counts, k, rng):
    """Give each unit, of which the rows of each class are counted, to one of k parts."""
    main = counts.argmax(axis=1)
    part = np.zeros(len(counts), dtype=int)
    held = np.zeros((k, counts.shape[1]))
    for label in range(counts.shape[1]):
        for unit in rng.permutation(np.flatnonzero(main == label)):
            fold = min(range(k), key=lambda each: (held[each, label], held[each].sum()))
            if (counts.sum(axis=1) > 1).any():
                fold = int(rng.integers(k))
            part[unit] = fold
            held[fold] += counts[unit]
    return part


def cross_validate(make_pipeline, X, y, folds, metric):
    """Return the score of each fold."""
    if any(np.isin(train, test).any() for train, test in folds):
        raise ValueError("a row is on both sides of a fold")
    return [_score(make_pipeline(), X, y, train, test, metric) for train, test in folds]


def _score(pipeline, X, y, train, test, metric):
    *transformers, model = pipeline
    seen, unseen = X[train], X[test]
    for transformer in transformers:
        transformer.fit(seen, y[train])
        seen, unseen = transformer.transform(seen), transformer.transform(unseen)
    model.fit(seen, y[train])
    return float(metric(y[test], model.predict(unseen)))
