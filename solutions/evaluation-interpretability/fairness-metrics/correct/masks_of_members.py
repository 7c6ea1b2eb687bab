"""A mask for each group; shares of weights that were divided by the heaviest."""

import numpy as np


def _check(binary: list[np.ndarray], group: np.ndarray, w: np.ndarray | None = None) -> np.ndarray:
    """Refuse what makes no sense; return the weights."""
    if w is None:
        w = np.ones(len(group) if np.ndim(group) else 0)
    arrays = [*binary, group, w]
    if any(array.ndim != 1 for array in arrays) or len({len(array) for array in arrays}) > 1:
        raise ValueError("arrays of one dimension and one length are needed")
    if not all(((array == 0) | (array == 1)).all() for array in binary):
        raise ValueError("labels and predictions must be 0 or 1")
    if not (np.isfinite(w) & (w >= 0)).all():
        raise ValueError("weights must be finite and not negative")
    if not (w > 0).any():
        raise ValueError("the weights sum to 0")
    return w


def _share(hit: np.ndarray, w: np.ndarray) -> float | None:
    """Return which share of the weights is hit."""
    heaviest = w.max(initial=0.0)
    if heaviest == 0:
        return None
    w = w / heaviest  # so that sums of huge weights do not overflow
    return float(np.where(hit, w, 0.0).sum() / w.sum())


def _groups(group: np.ndarray, w: np.ndarray) -> dict[int, np.ndarray]:
    """Return the members of each group that has a weight."""
    return {number: (group == number) & (w > 0) for number in np.unique(group[w > 0]).tolist()}


def rates(
    y: np.ndarray, pred: np.ndarray, group: np.ndarray, w: np.ndarray | None = None
) -> dict[int, dict[str, float | None]]:
    """Return four shares of each group."""
    w = _check([y, pred], group, w)
    result = {}
    for number, members in _groups(group, w).items():
        ones, zeros = members & (y == 1), members & (y == 0)
        result[number] = {
            "positive": _share(pred[members] == 1, w[members]),
            "tpr": _share(pred[ones] == 1, w[ones]),
            "fpr": _share(pred[zeros] == 1, w[zeros]),
            "accuracy": _share(pred[members] == y[members], w[members]),
        }
    return result


def _positive(pred: np.ndarray, group: np.ndarray, w: np.ndarray | None) -> list[float]:
    w = _check([pred], group, w)
    return [_share(pred[members] == 1, w[members]) for members in _groups(group, w).values()]


def parity(pred: np.ndarray, group: np.ndarray, w: np.ndarray | None = None) -> float:
    """Return by how much groups differ in positive predictions."""
    shares = _positive(pred, group, w)
    return max(shares) - min(shares)


def equalised_odds(y: np.ndarray, pred: np.ndarray, group: np.ndarray, w: np.ndarray | None = None) -> float:
    """Return by how much groups differ in true or false positives."""
    told = rates(y, pred, group, w).values()
    largest = 0.0
    for key in ("tpr", "fpr"):
        shares = [shares[key] for shares in told if shares[key] is not None]
        if shares:
            largest = max(largest, max(shares) - min(shares))
    return largest


def impact_ratio(pred: np.ndarray, group: np.ndarray, w: np.ndarray | None = None) -> float:
    """Return the smallest share of positive predictions by the largest."""
    shares = _positive(pred, group, w)
    return min(shares) / max(shares) if max(shares) > 0 else 1.0


def reweigh(y: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return weights that make label and group independent."""
    _check([y], group)
    label = (y == 1).astype(np.int64)
    _, number = np.unique(group, return_inverse=True)
    cell = 2 * number + label
    n_group, n_label, n_cell = (np.bincount(codes)[codes] for codes in (number, label, cell))
    return n_group * n_label / (len(y) * n_cell)
