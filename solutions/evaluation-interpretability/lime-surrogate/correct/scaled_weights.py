"""Weighted least squares about the means by lstsq, with the largest weight scaled to 1."""

from collections.abc import Callable

import numpy as np


def lime(
    predict: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    scale: float | np.ndarray,
    n: int,
    width: float,
    ridge: float,
    rng: np.random.Generator,
    index: int | None = None,
) -> tuple[np.ndarray, float, float]:
    """Return slopes, the value at x, and how well the line fits."""
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 1 or x.size == 0:
        raise ValueError("x must be 1-dimensional and not empty")
    size = len(x)
    scale = np.asarray(scale, dtype=np.float64)
    if scale.shape not in ((), (size,)) or not (scale >= 0).all():
        raise ValueError("scale must be one number or one for each feature, none negative")
    if not width > 0:
        raise ValueError("width must be above 0")
    if not ridge >= 0:
        raise ValueError("ridge must not be negative")
    if n < 1 or (ridge == 0 and n <= size):
        raise ValueError("too few rows")
    scale = np.broadcast_to(scale, x.shape)

    u = rng.normal(size=(n, size))
    y = _answers(predict(x + scale * u), n, index)

    # Only the ratio of weights and penalty matters, so the largest weight is made 1:
    # a narrow width then does not turn all weights into 0.
    exponent = (u**2).sum(axis=1) / width**2
    nearest = exponent.min()
    root = np.exp((nearest - exponent) / 2)
    w = root**2
    penalty = np.sqrt(ridge) * np.exp(min(nearest / 2, 300.0))

    active = scale > 0
    v = u[:, active]
    v_mean, y_mean = w @ v / w.sum(), w @ y / w.sum()
    a = np.zeros(v.shape[1])
    if a.size:
        rows, values = root[:, None] * (v - v_mean), root * (y - y_mean)
        if penalty > 0:
            rows = np.concatenate([rows, penalty * np.eye(a.size)])
            values = np.concatenate([values, np.zeros(a.size)])
        a = np.linalg.lstsq(rows, values, rcond=None)[0]

    coef = np.zeros(size)
    coef[active] = a / scale[active]
    left = w @ (y - y_mean - (v - v_mean) @ a) ** 2
    spread = w @ (y - y_mean) ** 2
    flat = (y == y[0]).all() or spread == 0
    return coef, float(y_mean - v_mean @ a), 1.0 if flat else float(1 - left / spread)


def _answers(answers: np.ndarray, n: int, index: int | None) -> np.ndarray:
    answers = np.asarray(answers, dtype=np.float64)
    if answers.shape == (n,):
        if index is not None:
            raise ValueError("one number for each row: there is no class to name")
        return answers
    if answers.ndim != 2 or len(answers) != n:
        raise ValueError("predict must return the shape (n,) or (n, C)")
    if index is None or not 0 <= index < answers.shape[1]:
        raise ValueError("index must name one of the classes")
    return answers[:, index]
