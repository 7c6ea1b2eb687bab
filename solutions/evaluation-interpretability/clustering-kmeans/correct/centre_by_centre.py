"""One column of distances per centre, a generator of assignments."""

import numpy as np


def kmeans(x, k, seed, n_init=1, max_iter=100, init=None):
    if x.ndim != 2 or x.size == 0 or not np.isfinite(x).all():
        raise ValueError("x")
    if k < 1 or k > len({tuple(row) for row in x.tolist()}) or max_iter < 0 or n_init < 1:
        raise ValueError("numbers")
    if init is not None:
        if init.shape != (k, x.shape[1]) or not np.isfinite(init).all():
            raise ValueError("init")
        return lloyd(x, init.copy(), max_iter)
    rng = np.random.default_rng(seed)
    best = None
    for _ in range(n_init):
        result = lloyd(x, plus_plus(x, k, rng), max_iter)
        if best is None or result[2] < best[2]:
            best = result
    return best


def plus_plus(x, k, rng):
    centres = [x[rng.integers(len(x))]]
    nearest = np.full(len(x), np.inf)
    for _ in range(k - 1):
        nearest = np.minimum(nearest, ((x - centres[-1]) ** 2).sum(axis=1))
        sums = np.cumsum(nearest)
        centres.append(x[np.argmax(sums > rng.random() * sums[-1])])
    return np.array(centres)


def lloyd(x, centres, max_iter):
    labels, nearest = None, None
    history = []
    while True:
        previous = labels
        labels, nearest = np.zeros(len(x), dtype=np.int64), np.full(len(x), np.inf)
        for j, centre in enumerate(centres):
            distance = ((x - centre) ** 2).sum(axis=1)
            closer = distance < nearest
            labels[closer], nearest[closer] = j, distance[closer]
        history.append(float(nearest.sum()))
        if len(history) > max_iter or (previous is not None and np.array_equal(previous, labels)):
            return centres, labels, history[-1], history
        left = list(np.lexsort((np.arange(len(x)), -nearest)))
        centres = np.array(
            [x[labels == j].mean(axis=0) if (labels == j).any() else x[left.pop(0)] for j in range(len(centres))]
        )
