"""Counts pair by pair; one division, with 0 for nothing, makes all scores and means."""

import numpy as np


def confusion(y_true: list, y_pred: list, labels: list | None = None) -> tuple[list, np.ndarray]:
    """Return the classes, and how often which was taken for which."""
    if len(y_true) != len(y_pred):
        raise ValueError("y_true and y_pred differ in length")
    labels = sorted({*y_true, *y_pred}) if labels is None else list(labels)
    place = {label: i for i, label in enumerate(labels)}
    if len(place) != len(labels):
        raise ValueError("a label is given twice")
    matrix = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for true, pred in zip(y_true, y_pred):
        if true not in place or pred not in place:
            raise ValueError("a label occurs that is not in labels")
        matrix[place[true], place[pred]] += 1
    return labels, matrix


def _ratio(numerator, denominator) -> np.ndarray:
    """Divide; 0 where the denominator is 0."""
    numerator = np.asarray(numerator, dtype=np.float64)
    denominator = np.asarray(denominator, dtype=np.float64)
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator != 0)


def report(matrix: np.ndarray, average: str | None = "macro") -> dict:
    """Return accuracy, precision, recall and F1."""
    if average not in (None, "macro", "weighted", "micro"):
        raise ValueError(f"unknown average {average!r}")
    matrix = np.asarray(matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError("the matrix is not square")

    tp = np.diagonal(matrix)
    support = matrix.sum(axis=1)
    fp = matrix.sum(axis=0) - tp
    fn = support - tp
    result = {"accuracy": float(_ratio(tp.sum(), matrix.sum()))}
    if average == "micro":
        tp, fp, fn = tp.sum(), fp.sum(), fn.sum()
    scores = {
        "precision": _ratio(tp, tp + fp),
        "recall": _ratio(tp, tp + fn),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
    }
    for name, values in scores.items():
        if average == "macro":
            values = _ratio(values.sum(), len(values))
        elif average == "weighted":
            values = _ratio((values * support).sum(), support.sum())
        result[name] = values if average is None else float(values)
    return result
