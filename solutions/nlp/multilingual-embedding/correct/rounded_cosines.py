"""Cosines rounded before they are ranked; F1 from how often a class is true and how often it is predicted."""

import numpy as np


def align(X, Y):
    """Return the orthogonal matrix that takes X nearest to Y."""
    if X.ndim != 2 or X.shape != Y.shape or X.size == 0:
        raise ValueError("X and Y must have the same shape (n, d), not empty")
    u, _, vt = np.linalg.svd(X.astype(np.float64).T @ Y.astype(np.float64))
    return u @ vt


def unit_rows(A):
    norms = np.linalg.norm(A, axis=1, keepdims=True)
    return A / np.where(norms > 0, norms, 1.0)


def translate(Q, V, W, k):
    """Return the indices of the k nearest rows of V."""
    if not 1 <= k <= len(V):
        raise ValueError("k must lie between 1 and the number of rows of V")
    turned = Q.astype(np.float64) @ W.astype(np.float64)
    cosines = unit_rows(turned) @ unit_rows(V.astype(np.float64)).T
    # Parallel vectors of different lengths have equal cosines but for rounding.
    order = np.argsort(-np.round(cosines, 13), axis=1, kind="stable")
    return order[:, :k].astype(np.int64)


def csls(S, k):
    """Return similarities corrected for hubs."""
    if k < 1 or S.size == 0:
        raise ValueError("need k >= 1 and at least one similarity")
    S = S.astype(np.float64)
    rows = np.sort(S, axis=1)[:, -k:].mean(axis=1, keepdims=True)
    columns = np.sort(S, axis=0)[-k:].mean(axis=0, keepdims=True)
    return 2 * S - rows - columns


def macro_f1(true, pred, langs):
    """Return the macro-averaged F1 of each language."""
    if true.shape != (len(langs),) or pred.shape != (len(langs),):
        raise ValueError("one true and one predicted class for each text")
    texts = {}
    for i, lang in enumerate(langs):
        texts.setdefault(lang, []).append(i)
    result = {}
    for lang, rows in texts.items():
        t, p = true[rows], pred[rows]
        scores = []
        for c in np.union1d(t, p):
            found = np.sum((t == c) & (p == c))
            # tp + fn is how often it is true, tp + fp how often it is predicted
            scores.append(2 * found / (np.sum(t == c) + np.sum(p == c)))
        result[lang] = float(np.mean(scores))
    return result
