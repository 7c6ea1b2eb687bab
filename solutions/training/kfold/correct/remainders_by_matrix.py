"""The number of rows of each class in each part is planned first; then shuffled rows fill the plan."""

import numpy as np


def _plan(sizes, k):
    """How many rows of each class go to each part: what is left over goes on where the class before ended."""
    plan = np.empty((len(sizes), k), dtype=int)
    start = 0
    for label, size in enumerate(sizes):
        plan[label] = size // k
        plan[label, (start + np.arange(size % k)) % k] += 1
        start += size % k
    return plan


def _parts_of_rows(codes, k, generator):
    part = np.empty(len(codes), dtype=int)
    sizes = np.bincount(codes)
    for label, row_counts in enumerate(_plan(sizes, k)):
        part[codes == label] = generator.permuted(np.repeat(np.arange(k), row_counts))
    return part


def _parts_of_groups(codes, members, k, generator):
    part = np.full(len(codes), -1)
    load = np.zeros((k, codes.max() + 1))
    for name in generator.permutation(np.unique(members)):
        inside = members == name
        label = codes[inside].min()
        own = load[:, label]
        lightest = np.flatnonzero(own == own.min())
        fold = lightest[load[lightest].sum(axis=1).argmin()]
        part[inside] = fold
        np.add.at(load[fold], codes[inside], 1)
    return part


def stratified_folds(y, k, seed, groups=None):
    """Return k pairs of row numbers: those to train on, and those to test on."""
    if k <= 1 or y.size == 0:
        raise ValueError("nothing to cut")
    codes = np.unique(y, return_inverse=True)[1]
    members = np.arange(y.size) if groups is None else np.unique(groups, return_inverse=True)[1]
    if members.size != y.size:
        raise ValueError("groups of another length")
    for label in np.unique(codes):
        if len(np.unique(members[codes == label])) < k:
            raise ValueError("small class")
    generator = np.random.Generator(np.random.PCG64(seed))
    if groups is None:
        part = _parts_of_rows(codes, k, generator)
    else:
        part = _parts_of_groups(codes, members, k, generator)
    order = np.arange(y.size, dtype=np.int64)
    return [(order[part != fold], order[part == fold]) for fold in range(k)]


def _through(pipeline, train, labels, test):
    """Fit a pipeline and return what it predicts."""
    head, rest = pipeline[0], pipeline[1:]
    head.fit(train, labels)
    if not rest:
        return head.predict(test)
    return _through(rest, head.transform(train), labels, head.transform(test))


def cross_validate(make_pipeline, X, y, folds, metric):
    """Return the score of each fold."""
    for train, test in folds:
        if np.intersect1d(train, test).size:
            raise ValueError("train and test have rows in common")
    return [
        float(metric(y[test], _through(make_pipeline(), X.take(train, axis=0), y[train], X.take(test, axis=0))))
        for train, test in folds
    ]
