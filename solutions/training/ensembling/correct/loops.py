"""Plain loops and dicts."""

import numpy as np


def soft_vote(probs, weights=None):
    weights = check(probs, 3, weights)
    total = np.zeros(probs.shape[1:])
    for rows, weight in zip(probs, weights):
        total += rows * (weight / sum(weights))
    return total


def hard_vote(labels, weights=None):
    weights = check(labels, 2, weights)
    result = np.empty(labels.shape[1], dtype=np.int64)
    for column in range(labels.shape[1]):
        votes = {}
        for label, weight in zip(labels[:, column], weights):
            votes[int(label)] = votes.get(int(label), 0) + weight
        most = max(votes.values())
        result[column] = min(label for label in votes if votes[label] == most)
    return result


def bag(fit, x, y, count, rng):
    n = x.shape[0]
    if y.shape[0] != n or count <= 0:
        raise ValueError("sizes")
    members, answers = [], [[] for _ in range(n)]
    for _ in range(count):
        rows = rng.integers(n, size=n)
        member = fit(x[rows], y[rows])
        members.append(member)
        out = [i for i in range(n) if i not in set(rows.tolist())]
        if out:
            for i, answer in zip(out, member(x[out])):
                answers[i].append(answer)
    oob = np.array([np.mean(own) if own else np.nan for own in answers], dtype=np.float64)

    def predict(new):
        return np.mean([member(new) for member in members], axis=0)

    return predict, oob


def stack(fits, meta, x, y, folds):
    numbers = sorted(set(folds.tolist()))
    if len(x) != len(y) or len(x) != len(folds) or not fits or len(numbers) <= 1:
        raise ValueError("sizes")
    z = np.empty((len(y), len(fits)))
    for column, fit in enumerate(fits):
        for number in numbers:
            inside = np.flatnonzero(folds == number)
            outside = np.flatnonzero(folds != number)
            z[inside, column] = fit(x[outside], y[outside])(x[inside])
    final = [fit(x, y) for fit in fits]
    top = meta(z, y)

    def predict(new):
        return top(np.stack([model(new) for model in final], axis=1))

    return predict, z


def check(array, dimensions, weights):
    if array.ndim != dimensions or array.shape[0] == 0:
        raise ValueError("array")
    if weights is None:
        return [1] * array.shape[0]
    if weights.ndim != 1 or len(weights) != len(array):
        raise ValueError("weights")
    weights = weights.tolist()
    if min(weights) < 0 or max(weights) == 0:
        raise ValueError("weights")
    return weights
