"""Counts with bincount; F1 is the harmonic mean of a class's precision and recall."""

import numpy as np


def confusion(y_true, y_pred, labels=None):
    """Return the classes, and how often which was taken for which."""
    if len(y_true) != len(y_pred):
        raise ValueError("lengths differ")
    found = sorted(set(y_true).union(y_pred))
    classes = found if labels is None else labels[:]
    size = len(classes)
    if len(set(classes)) != size:
        raise ValueError("a class twice")
    codes = [classes.index(label) for label in found]  # a ValueError where a label is not listed
    place = dict(zip(found, codes))
    flat = [place[true] * size + place[predicted] for true, predicted in zip(y_true, y_pred)]
    counts = np.bincount(np.array(flat, dtype=np.int64), minlength=size * size)
    return classes, counts.reshape(size, size).astype(np.int64)


def report(matrix, average="macro"):
    """Return accuracy, precision, recall and F1."""
    if average not in ("macro", "micro", "weighted", None) or matrix.shape != (len(matrix),) * 2:
        raise ValueError("cannot be reported")
    support = matrix.sum(axis=1).astype(np.float64)
    accuracy = float(np.trace(matrix) / max(support.sum(), 1.0))
    if average == "micro":
        return dict.fromkeys(("accuracy", "precision", "recall", "f1"), accuracy)
    precision = np.diagonal(matrix) / np.maximum(matrix.sum(axis=0), 1)
    recall = np.diagonal(matrix) / np.maximum(support, 1.0)
    both = precision + recall
    f1 = np.divide(2 * precision * recall, both, out=np.zeros(len(matrix)), where=both > 0)
    scores = {"precision": precision, "recall": recall, "f1": f1}
    if average == "macro":
        scores = {name: float(values.mean()) if len(matrix) else 0.0 for name, values in scores.items()}
    if average == "weighted":
        shares = support / max(support.sum(), 1.0)
        scores = {name: float((values * shares).sum()) for name, values in scores.items()}
    return {"accuracy": accuracy} | scores
