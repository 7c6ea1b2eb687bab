"""Mistake: numbers are sorted as text, 10 before 9."""

import numpy as np


def confusion(y_true, y_pred, labels=None):
    """Return the classes, and how often which was taken for which."""
    labels = sorted({*y_true, *y_pred}, key=str) if labels is None else list(labels)
    places = {label: place for place, label in enumerate(labels)}
    if len(y_true) != len(y_pred) or len(places) != len(labels):
        raise ValueError("the lists differ in length, or a label is listed twice")
    if not places.keys() >= {*y_true, *y_pred}:
        raise ValueError("a label is not listed")
    matrix = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for true, predicted in zip(y_true, y_pred):
        matrix[places[true], places[predicted]] += 1
    return labels, matrix


def report(matrix, average="macro"):
    """Return accuracy, precision, recall and F1."""
    if average not in {None, "macro", "micro", "weighted"}:
        raise ValueError(f"no such average: {average!r}")
    if matrix.ndim != 2 or len(matrix) != len(matrix.T):
        raise ValueError("the matrix is not square")
    right, predicted, true = matrix.diagonal(), matrix.sum(axis=0), matrix.sum(axis=1)
    accuracy = float(_ratio(right.sum(), true.sum()))
    if average == "micro":
        right, predicted, true = (np.array([counts.sum()]) for counts in (right, predicted, true))
    weights = true if average == "weighted" else np.ones(len(true))
    scores = {
        "precision": _ratio(right, predicted),
        "recall": _ratio(right, true),
        "f1": _ratio(2 * right, predicted + true),
    }
    if average is not None:
        scores = {name: float(_ratio(values @ weights, weights.sum())) for name, values in scores.items()}
    return {"accuracy": accuracy, **scores}


def _ratio(part, whole):
    """Divide; nothing of nothing is 0."""
    return part / np.where(whole == 0, 1, whole)
