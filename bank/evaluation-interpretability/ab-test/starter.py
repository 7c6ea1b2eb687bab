"""A/B test: write the four functions."""

from collections.abc import Callable

import numpy as np


def z_test(c1: int, n1: int, c2: int, n2: int) -> tuple[float, float]:
    """Return the statistic of the pooled test, and its two-sided p-value."""


def diff_ci(c1: int, n1: int, c2: int, n2: int, alpha: float = 0.05) -> tuple[float, float]:
    """Return the interval of the difference of rates."""


def sample_size(p: float, mde: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return the number of users of each arm."""


def permutation_p(
    a: np.ndarray,
    b: np.ndarray,
    stat: Callable[[np.ndarray, np.ndarray], float],
    n: int,
    rng: np.random.Generator,
) -> float:
    """Return the p-value of any statistic."""
