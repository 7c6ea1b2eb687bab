"""Rows sorted by class are dealt out in turn; each group goes where its main class is rarest."""

import numpy as np


def deal_rows(classes, k, rng):
    """Return the part of each row: the classes one after the other, each shuffled, dealt out in turn."""
    order = rng.permutation(len(classes))
    order = order[np.argsort(classes[order], kind="stable")]
    parts = np.empty(len(classes), dtype=np.int64)
    parts[order] = np.arange(len(classes)) % k
    return rng.permutation(k)[parts]


def deal_groups(classes, groups, k, rng):
    """Return the part of each row, whole groups together."""
    count, kinds = groups.max() + 1, classes.max() + 1
    table = np.zeros((count, kinds), dtype=np.int64)
    np.add.at(table, (groups, classes), 1)
    if ((table > 0).sum(axis=0) < k).any():
        raise ValueError("some class is in fewer than k groups")
    # Each group counts as of its most frequent class and goes where that class is rarest; of such
    # parts to the smallest. An empty part is always preferred, so none stays empty.
    main, size = table.argmax(axis=1), table.sum(axis=1)
    load = np.zeros((k, kinds), dtype=np.int64)
    total = np.zeros(k, dtype=np.int64)
    place = np.empty(count, dtype=np.int64)
    for group in rng.permutation(count):
        kind = main[group]
        part = np.lexsort((total, load[:, kind]))[0]
        place[group] = part
        load[part, kind] += size[group]
        total[part] += size[group]
    return rng.permutation(k)[place[groups]]


def stratified_folds(y, k, seed, groups=None):
    """Return k pairs of row numbers: those to train on, and those to test on."""
    y = np.asarray(y)
    if len(y) == 0:
        raise ValueError("no rows")
    if k < 2:
        raise ValueError("k must be at least 2")
    if groups is not None and len(groups) != len(y):
        raise ValueError("one group for each row, please")
    _, classes, sizes = np.unique(y, return_inverse=True, return_counts=True)
    if sizes.min() < k:
        raise ValueError("some class has fewer than k rows")

    rng = np.random.default_rng(seed)
    if groups is None:
        parts = deal_rows(classes, k, rng)
    else:
        _, numbers = np.unique(np.asarray(groups), return_inverse=True)
        parts = deal_groups(classes, numbers, k, rng)
    return [(np.flatnonzero(parts != part), np.flatnonzero(parts == part)) for part in range(k)]


def cross_validate(make_pipeline, X, y, folds, metric):
    """Return the score of each fold."""
    X, y = np.asarray(X), np.asarray(y)
    rows = np.arange(len(X))
    # As row numbers from 0 on, so that -1 and the last row are recognised as the same.
    folds = [(rows[np.asarray(train, dtype=np.int64)], rows[np.asarray(test, dtype=np.int64)]) for train, test in folds]
    for train, test in folds:
        if np.intersect1d(train, test).size:
            raise ValueError("a row is both in train and in test")

    scores = []
    for train, test in folds:
        *transformers, model = make_pipeline()
        seen, unseen = X[train], X[test]  # copies
        for step in transformers:
            # Fitting gets copies of its own, for a step may change or keep what it is given.
            step.fit(seen.copy(), y[train])
            seen, unseen = step.transform(seen), step.transform(unseen)
        model.fit(seen, y[train])
        scores.append(float(metric(y[test], model.predict(unseen))))
    return scores
