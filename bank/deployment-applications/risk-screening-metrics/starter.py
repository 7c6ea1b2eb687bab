"""Measuring a screening test: write the four functions."""

from collections.abc import Callable

import numpy as np


def screen(tp: int, fp: int, fn: int, tn: int) -> dict[str, float | None]:
    """Return the figures of a test by the four counts."""
    # Write: the refusal, the shares, what is undefined.


def ppv_at(sens: float, spec: float, prev: float) -> float | None:
    """Return what a positive result is worth at a prevalence."""
    # Write: the refusals, Bayes' rule.


def threshold_for(y: np.ndarray, s: np.ndarray, min_sens: float) -> float:
    """Return the highest threshold that finds enough of the ill."""
    # Write: the refusals, the search.


def bootstrap_ci(
    y: np.ndarray, s: np.ndarray, metric: Callable, n: int, level: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Return a percentile interval from resamples of both classes."""
    # Write: the refusals, the draws, the quantiles.
