"""Rows are dealt like cards, class after class without a break; groups go to the lightest part, heavy ones first."""

import random


def _refuse(y, k, groups):
    if not len(y) or k < 2:
        raise ValueError("no rows or no folds")
    if groups is not None and len(groups) != len(y):
        raise ValueError("groups and rows do not match")


def stratified_folds(y, k, seed, groups=None):
    """Return k pairs of row numbers: those to train on, and those to test on."""
    import numpy as np

    _refuse(y, k, groups)
    dice = random.Random(seed)
    names = list(range(len(y))) if groups is None else np.asarray(groups).tolist()
    rows_of, classes_of = {}, {}
    for row, (label, name) in enumerate(zip(np.asarray(y).tolist(), names)):
        rows_of.setdefault(name, []).append(row)
        classes_of.setdefault(label, set()).add(name)
    for label, members in classes_of.items():
        if len(members) < k:
            raise ValueError(f"class {label} is too small")
    parts = [[] for _ in range(k)]
    if groups is None:
        cards = []
        for members in classes_of.values():
            hand = sorted(members)
            dice.shuffle(hand)
            cards += hand
        for turn, card in enumerate(cards):
            parts[turn % k].append(card)
    else:
        home = {}
        for label, members in classes_of.items():
            for name in sorted(members):
                home.setdefault(name, label)
        for label in classes_of:
            weight = [0] * k
            hand = sorted(name for name in home if home[name] == label)
            dice.shuffle(hand)
            hand.sort(key=lambda name: -len(rows_of[name]))
            for name in hand:
                chosen = min(range(k), key=lambda p: (weight[p], len(parts[p])))
                weight[chosen] += len(rows_of[name])
                parts[chosen] += rows_of[name]
    everything = set(range(len(y)))
    return [
        (np.array(sorted(everything - set(part)), dtype=np.int64), np.array(sorted(part), dtype=np.int64))
        for part in parts
    ]


def cross_validate(make_pipeline, X, y, folds, metric):
    """Return the score of each fold."""
    for train, test in folds:
        if set(train.tolist()).intersection(test.tolist()):
            raise ValueError("leak")
    scores = []
    for train, test in folds:
        pipeline = make_pipeline()
        inputs = X[train].copy()
        for step in pipeline[:-1]:
            step.fit(inputs, y[train].copy())
            inputs = step.transform(inputs)
        pipeline[-1].fit(inputs, y[train].copy())
        inputs = X[test].copy()
        for step in pipeline[:-1]:
            inputs = step.transform(inputs)
        scores.append(float(metric(y[test].copy(), pipeline[-1].predict(inputs))))
    return scores
