"""Counts for each model's choice who agrees; divides sums out of bag by how often was asked."""

from collections.abc import Callable

import numpy as np

Predict = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, np.ndarray], Predict]


def _weights(votes: np.ndarray, ndim: int, weights: np.ndarray | None) -> np.ndarray:
    """Refuse what makes no sense; return one weight per model."""
    if votes.ndim != ndim:
        raise ValueError(f"{ndim} dimensions are needed")
    if len(votes) == 0:
        raise ValueError("there is no model")
    if weights is None:
        return np.ones(len(votes), dtype=np.int64)
    weights = np.asarray(weights)
    if weights.shape != (len(votes),):
        raise ValueError("one weight per model is needed")
    if not (weights >= 0).all() or not weights.any():
        raise ValueError("weights must not be negative, nor all 0")
    return weights


def soft_vote(probs: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the weighted mean of the models' probabilities."""
    weights = _weights(probs, 3, weights)
    shares = weights / weights.max()
    return np.tensordot(shares / shares.sum(), probs, axes=1)


def hard_vote(labels: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the class with the most votes for each sample."""
    weights = _weights(labels, 2, weights)
    # votes[m]: what the class that model m has chosen gets in all
    votes = np.array([((labels == own) * weights[:, None]).sum(axis=0) for own in labels])
    winners = np.where(votes == votes.max(axis=0), labels, np.iinfo(np.int64).max)
    return winners.min(axis=0).astype(np.int64)


def bag(fit: Fit, x: np.ndarray, y: np.ndarray, count: int, rng: np.random.Generator) -> tuple[Predict, np.ndarray]:
    """Return the mean of models learnt from resampled rows, and the predictions out of bag."""
    if count < 1:
        raise ValueError("count must be at least 1")
    if len(x) != len(y):
        raise ValueError("x and y differ in length")
    n = len(x)
    models = []
    sums, asked = np.zeros(n), np.zeros(n, dtype=np.int64)
    for _ in range(count):
        rows = rng.integers(n, size=n)
        model = fit(x[rows], y[rows])
        models.append(model)
        outside = np.ones(n, dtype=bool)
        outside[rows] = False
        if outside.any():
            sums[outside] += model(x[outside])
            asked[outside] += 1
    oob = np.full(n, np.nan)
    np.divide(sums, asked, out=oob, where=asked > 0)

    def predict(x: np.ndarray) -> np.ndarray:
        return np.mean([model(x.copy()) for model in models], axis=0)

    return predict, oob


def stack(fits: list[Fit], meta: Fit, x: np.ndarray, y: np.ndarray, folds: np.ndarray) -> tuple[Predict, np.ndarray]:
    """Return a model on top of models, and what it was learnt from."""
    if len(fits) == 0:
        raise ValueError("there is no model")
    if not len(x) == len(y) == len(folds):
        raise ValueError("x, y and folds differ in length")
    numbers = np.unique(folds)
    if len(numbers) < 2:
        raise ValueError("at least two folds are needed")
    z = np.empty((len(x), len(fits)))
    for number in numbers:
        inside = folds == number
        for column, fit in enumerate(fits):
            z[inside, column] = fit(x[~inside], y[~inside])(x[inside])
    meta_model = meta(z.copy(), y.copy())
    models = [fit(x.copy(), y.copy()) for fit in fits]

    def predict(x: np.ndarray) -> np.ndarray:
        return meta_model(np.column_stack([model(x.copy()) for model in models]))

    return predict, z
