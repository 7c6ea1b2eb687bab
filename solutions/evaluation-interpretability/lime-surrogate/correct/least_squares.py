"""Least squares by QR, with the penalty as further rows; slopes of frozen features are left at zero."""

import numpy as np


def lime(predict, x, scale, n, width, ridge, rng, index=None):
    if x.ndim != 1 or x.size == 0 or n < 1 or not width > 0 or not ridge >= 0:
        raise ValueError("arguments")
    d = x.shape[0]
    scale = np.asarray(scale, dtype=np.float64)
    if scale.shape not in ((), (d,)) or (scale < 0).any():
        raise ValueError("scale")
    if ridge == 0 and n < d + 1:
        raise ValueError("too few rows")
    scales = np.zeros(d) + scale
    draws = rng.normal(size=(n, d))
    answers = np.array(predict(x + draws * scales))
    if answers.ndim not in (1, 2) or answers.shape[0] != n:
        raise ValueError("answers")
    if answers.ndim == 2:
        if index is None or index < 0 or index >= answers.shape[1]:
            raise ValueError("class")
        answers = answers[:, index]
    elif index is not None:
        raise ValueError("no classes")
    used = np.flatnonzero(scales)
    root = np.exp(-0.5 * (np.linalg.norm(draws, axis=1) / width) ** 2)
    top = np.column_stack([np.ones(n), draws[:, used]]) * root[:, None]
    bottom = np.zeros((len(used), len(used) + 1))
    bottom[:, 1:] = np.sqrt(ridge) * np.eye(len(used))
    q, r = np.linalg.qr(np.vstack([top, bottom]))
    solution = np.linalg.solve(r, q[:n].T @ (answers * root))
    coef = np.zeros(d)
    coef[used] = solution[1:] / scales[used]
    rest = answers * root - top @ solution
    mean = np.sum(root**2 * answers) / np.sum(root**2)
    total = np.sum((root * (answers - mean)) ** 2)
    constant = bool((answers == answers[0]).all())
    return coef, float(solution[0]), 1.0 if constant else float(1 - np.sum(rest**2) / total)
