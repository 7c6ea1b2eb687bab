"""Keeps the nearest centre so far, centre after centre; means are corrected once."""

import numpy as np


def _squared_distances(x: np.ndarray, centre: np.ndarray) -> np.ndarray:
    return ((x - centre) ** 2).sum(axis=1)


def _assign(x: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest centre of each row, and the squared distance to it."""
    labels = np.zeros(len(x), dtype=np.int64)
    nearest = _squared_distances(x, centres[0])
    for number in range(1, len(centres)):
        distance = _squared_distances(x, centres[number])
        nearer = distance < nearest
        labels[nearer] = number
        nearest[nearer] = distance[nearer]
    return labels, nearest


def _update(x: np.ndarray, k: int, labels: np.ndarray, nearest: np.ndarray) -> np.ndarray:
    centres = np.empty((k, x.shape[1]))
    empty = []
    for number in range(k):
        rows = x[labels == number]
        if len(rows) == 0:
            empty.append(number)
            continue
        mean = rows.mean(axis=0)
        centres[number] = mean + (rows - mean).mean(axis=0)  # takes back what was lost far from the origin
    farthest = np.argsort(-nearest, kind="stable")
    centres[empty] = x[farthest[: len(empty)]]
    return centres


def _plus_plus(x: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    chosen = [int(rng.integers(len(x)))]
    nearest = _squared_distances(x, x[chosen[0]])
    while len(chosen) < k:
        sums = np.cumsum(nearest)
        u = rng.random()
        row = min(int(np.searchsorted(sums, u * sums[-1], side="right")), len(x) - 1)
        chosen.append(row)
        nearest = np.minimum(nearest, _squared_distances(x, x[row]))
    return x[chosen]


def _run(x: np.ndarray, centres: np.ndarray, max_iter: int) -> tuple[np.ndarray, np.ndarray, float, list[float]]:
    labels, nearest = _assign(x, centres)
    history = [float(nearest.sum())]
    for _ in range(max_iter):
        before = labels
        centres = _update(x, len(centres), labels, nearest)
        labels, nearest = _assign(x, centres)
        history.append(float(nearest.sum()))
        if np.array_equal(labels, before):
            break
    return centres, labels, history[-1], history


def kmeans(
    x: np.ndarray, k: int, seed: int, n_init: int = 1, max_iter: int = 100, init: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, float, list[float]]:
    """Return centres, labels, inertia and the history of the inertia."""
    if x.ndim != 2 or not np.isfinite(x).all():
        raise ValueError("x must be a table of finite numbers")
    if not 1 <= k <= len(x) or k > len(np.unique(x + 0.0, axis=0)):
        raise ValueError("k must be from 1 to the number of different rows")
    if max_iter < 0 or n_init < 1:
        raise ValueError("max_iter or n_init is too small")
    if init is not None:
        init = np.array(init, dtype=np.float64)
        if init.shape != (k, x.shape[1]) or not np.isfinite(init).all():
            raise ValueError("init must hold k finite centres")
        return _run(x, init, max_iter)

    rng = np.random.default_rng(seed)
    best = None
    for _ in range(n_init):
        result = _run(x, _plus_plus(x, k, rng), max_iter)
        if best is None or result[2] < best[2]:
            best = result
    return best
