"""Plain counting in Python, class after class."""

from collections import Counter

import numpy as np


def confusion(y_true: list, y_pred: list, labels: list | None = None) -> tuple[list, np.ndarray]:
    """Return the classes, and how often which was taken for which."""
    if len(y_true) != len(y_pred):
        raise ValueError("one prediction per sample, please")
    occurring = set(y_true) | set(y_pred)
    if labels is None:
        labels = sorted(occurring)
    if len(set(labels)) < len(labels) or occurring - set(labels):
        raise ValueError("labels must be unique and complete")
    pairs = Counter(zip(y_true, y_pred))
    matrix = np.zeros([len(labels)] * 2, dtype=np.int64)
    for i, true in enumerate(labels):
        for j, predicted in enumerate(labels):
            matrix[i, j] = pairs[true, predicted]
    return [*labels], matrix


def report(matrix: np.ndarray, average: str | None = "macro") -> dict:
    """Return accuracy, precision, recall and F1."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError("not square")
    counts = []
    for i in range(len(matrix)):
        tp = int(matrix[i, i])
        counts.append((tp, int(matrix[:, i].sum()) - tp, int(matrix[i].sum()) - tp))
    everything = int(matrix.sum())
    result = {"accuracy": _divide(sum(tp for tp, _, _ in counts), everything)}
    if average == "micro":
        totals = [sum(column) for column in zip(*counts)] or [0, 0, 0]
        return result | _scores(*totals)
    each = [_scores(*count) for count in counts]
    for name in ("precision", "recall", "f1"):
        values = [scores[name] for scores in each]
        if average is None:
            result[name] = np.array(values, dtype=np.float64)
        elif average == "macro":
            result[name] = _divide(sum(values), len(values))
        elif average == "weighted":
            result[name] = _divide(sum(v * (tp + fn) for v, (tp, _, fn) in zip(values, counts)), everything)
        else:
            raise ValueError("unknown average")
    return result


def _scores(tp, fp, fn):
    return {"precision": _divide(tp, tp + fp), "recall": _divide(tp, tp + fn), "f1": _divide(2 * tp, 2 * tp + fp + fn)}


def _divide(part, whole):
    return part / whole if whole else 0.0
