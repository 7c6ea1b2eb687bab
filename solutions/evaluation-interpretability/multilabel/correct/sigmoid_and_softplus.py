"""A sigmoid and a softplus that do not overflow; labels as bools, thresholds by running counts."""

import numpy as np


def _numbers(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or values.size == 0:
        raise ValueError("an array must be 2-dimensional and not empty")
    if np.isnan(values).any():
        raise ValueError("NaN")
    return values


def _labels(values: np.ndarray) -> np.ndarray:
    values = _numbers(values)
    if not ((values == 0) | (values == 1)).all():
        raise ValueError("labels must be 0 or 1")
    return values == 1


def _per_label(values: np.ndarray, labels: int) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    if values.shape != (labels,):
        raise ValueError("there must be one number for each label")
    return values


def _same_shape(one: np.ndarray, other: np.ndarray) -> None:
    if one.shape != other.shape:
        raise ValueError("arrays differ in shape")


def _sigmoid(z: np.ndarray) -> np.ndarray:
    with np.errstate(under="ignore"):
        small = np.exp(-np.abs(z))
        return np.where(z >= 0, 1.0, small) / (1.0 + small)


def _softplus(z: np.ndarray) -> np.ndarray:
    with np.errstate(under="ignore"):
        return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))


def _f1(both: np.ndarray, true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    together = np.asarray(true + predicted)
    return np.where(together == 0, 1.0, 2 * both / np.maximum(together, 1))


def ml_loss(logits: np.ndarray, y: np.ndarray, pos_weight: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """Return the mean loss of all entries, and its gradient."""
    z, y = _numbers(logits), _labels(y)
    _same_shape(z, y)
    weight = np.ones(z.shape[1]) if pos_weight is None else _per_label(pos_weight, z.shape[1])
    if not (weight > 0).all():
        raise ValueError("weights must be above 0")
    with np.errstate(under="ignore"):
        costs = np.where(y, weight * _softplus(-z), _softplus(z))
        gradient = np.where(y, -weight * _sigmoid(-z), _sigmoid(z)) / z.size
    return float(costs.mean()), gradient


def predict(logits: np.ndarray, thr: np.ndarray) -> np.ndarray:
    """Return which labels are predicted."""
    z = _numbers(logits)
    thr = _per_label(thr, z.shape[1])
    if not ((thr > 0) & (thr < 1)).all():
        raise ValueError("thresholds must be above 0 and below 1")
    return _sigmoid(z) >= thr


def ml_metrics(y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """Return five metrics."""
    y, p = _labels(y), _labels(p)
    _same_shape(y, p)

    def f1(axis):
        return _f1((y & p).sum(axis=axis), y.sum(axis=axis), p.sum(axis=axis))

    return {
        "subset_accuracy": float((y == p).all(axis=1).mean()),
        "hamming_loss": float((y != p).mean()),
        "example_f1": float(f1(1).mean()),
        "micro_f1": float(f1(None)),
        "macro_f1": float(f1(0).mean()),
    }


def fit_thresholds(scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the best threshold of each label."""
    scores, y = _numbers(scores), _labels(y)
    _same_shape(scores, y)
    return np.array([_fit_one(column, truth) for column, truth in zip(scores.T, y.T, strict=True)])


def _fit_one(scores: np.ndarray, truth: np.ndarray) -> float:
    order = np.argsort(-scores)
    falling = scores[order]
    hits = np.cumsum(truth[order])
    # A threshold takes all samples of its score: look after the last of them.
    last = np.append(np.flatnonzero(falling[1:] != falling[:-1]), len(falling) - 1)
    candidates = np.concatenate([[np.inf], falling[last]])
    both = np.concatenate([[0], hits[last]])
    predicted = np.concatenate([[0], last + 1])
    return candidates[np.argmax(_f1(both, truth.sum(), predicted))]
