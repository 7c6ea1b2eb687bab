"""The rotation by its polar factor, sorting by keys, means by partition, F1 by counting."""

from collections import Counter

import numpy as np


def align(X, Y):
    """Return the orthogonal matrix that takes X nearest to Y."""
    if np.ndim(X) != 2 or np.shape(X) != np.shape(Y) or 0 in X.shape:
        raise ValueError("shapes")
    product = np.asarray(Y, dtype=float).T @ np.asarray(X, dtype=float)
    u, s, vt = np.linalg.svd(product, full_matrices=True)
    return np.einsum("ik,kj->ij", vt.T, u.T)


def translate(Q, V, W, k):
    """Return the indices of the k nearest rows of V."""
    if k < 1 or k > len(V):
        raise ValueError("k")
    W, V = np.asarray(W, dtype=float), np.asarray(V, dtype=float)
    best = np.zeros((len(Q), k), dtype=np.int64)
    lengths = np.sqrt((V**2).sum(axis=1))
    lengths[lengths == 0] = np.inf
    for row, query in enumerate(np.asarray(Q, dtype=float) @ W):
        # the length of the query changes no order
        scores = (V / lengths[:, None]) @ (query / (np.abs(query).max() or 1.0))
        best[row] = np.lexsort((np.arange(len(V)), -scores))[:k]
    return best


def csls(S, k):
    """Return similarities corrected for hubs."""
    if k <= 0 or 0 in S.shape:
        raise ValueError("k or S")
    S = np.array(S, dtype=float)

    def nearest(table):
        width = min(k, table.shape[1])
        return -np.partition(-table, width - 1, axis=1)[:, :width].mean(axis=1)

    return S - nearest(S)[:, None] + S - nearest(S.T)[None, :]


def macro_f1(true, pred, langs):
    """Return the macro-averaged F1 of each language."""
    size = len(langs)
    if true.shape != (size,) or pred.shape != (size,):
        raise ValueError("shapes")
    right, answers, texts = Counter(), Counter(), Counter()
    for lang, a, b in zip(langs, true.tolist(), pred.tolist()):
        right[lang, a] += a == b
        texts[lang, a] += 1
        answers[lang, b] += 1
    scores = {}
    for lang, name in texts.keys() | answers.keys():
        scores.setdefault(lang, []).append(2 * right[lang, name] / (texts[lang, name] + answers[lang, name]))
    return {lang: sum(values) / len(values) for lang, values in scores.items()}
