"""Mistake: the fit is judged without weights."""

import numpy as np


def lime(predict, x, scale, n, width, ridge, rng, index=None):
    """Return slopes, the value at x, and how well the line fits."""
    _refuse(x, scale, n, width, ridge)
    u = rng.normal(size=(n, len(x)))
    y = _answers(predict(x + scale * u), n, index)
    weights = np.exp(-(u**2).sum(axis=1) / width**2)
    moving = np.broadcast_to(scale, x.shape) > 0
    slopes, intercept = _fit(u[:, moving], y, weights, ridge)
    residuals = y - intercept - u[:, moving] @ slopes
    weights @ (y - np.average(y, weights=weights)) ** 2
    # the computed mean of equal numbers may be another number
    r2 = 1 - (residuals**2).sum() / ((y - y.mean()) ** 2).sum() if y.min() < y.max() else 1.0
    coef = np.zeros(len(x))
    coef[moving] = slopes / np.broadcast_to(scale, x.shape)[moving]
    return coef, float(intercept), float(r2)


def _fit(u, y, weights, ridge):
    """Return slopes and intercept; about the means there is no intercept to penalise."""
    u_mean, y_mean = weights @ u / weights.sum(), weights @ y / weights.sum()
    u, y = u - u_mean, y - y_mean
    slopes = np.linalg.solve((u.T * weights) @ u + ridge * np.eye(u.shape[1]), (u.T * weights) @ y)
    return slopes, y_mean - u_mean @ slopes


def _answers(y, n, index):
    """Return one number for each row."""
    if y.shape == (n,) and index is None:
        return y
    if y.ndim != 2 or len(y) != n or index not in range(y.shape[1]):
        raise ValueError("need a number for each row, or a class to explain")
    return y[:, index]


def _refuse(x, scale, n, width, ridge):
    if x.ndim != 1 or not len(x):
        raise ValueError("need a row")
    if np.shape(scale) not in [(), x.shape] or np.min(scale) < 0:
        raise ValueError("need scales that are not negative")
    if width <= 0 or ridge < 0:
        raise ValueError("need a positive width and no negative penalty")
    if n < 1 or (ridge == 0 and n <= len(x)):
        raise ValueError("need more rows")
