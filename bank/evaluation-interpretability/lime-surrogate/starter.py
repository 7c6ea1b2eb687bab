"""A local linear surrogate: write the function."""

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
    # Write: the refusals, the rows, the weights, the fit.
