"""Bayes' rule in exact fractions."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np


def _ratio(part, whole):
    return part / whole if whole else None


def screen(tp: int, fp: int, fn: int, tn: int) -> dict[str, float | None]:
    """Return the figures of a test by the four counts."""
    tp, fp, fn, tn = int(tp), int(fp), int(fn), int(tn)
    if min(tp, fp, fn, tn) < 0:
        raise ValueError("a count is negative")
    ill, healthy = tp + fn, fp + tn
    return {
        "sensitivity": _ratio(tp, ill),
        "specificity": _ratio(tn, healthy),
        "ppv": _ratio(tp, tp + fp),
        "npv": _ratio(tn, tn + fn),
        "accuracy": _ratio(tp + tn, ill + healthy),
        "prevalence": _ratio(ill, ill + healthy),
        "lr_plus": _ratio(tp * healthy, ill * fp),  # of whole numbers, rounded once
    }


def ppv_at(sens: float, spec: float, prev: float) -> float | None:
    """Return what a positive result is worth at a prevalence."""
    for share in (sens, spec, prev):
        if not 0 <= share <= 1:
            raise ValueError("shares must lie between 0 and 1")
    sens, spec, prev = Fraction(float(sens)), Fraction(float(spec)), Fraction(float(prev))
    right = sens * prev
    positive = right + (1 - spec) * (1 - prev)
    return float(right / positive) if positive else None


def threshold_for(y: np.ndarray, s: np.ndarray, min_sens: float) -> float:
    """Return the highest threshold that finds enough of the ill."""
    ill = np.sort(s[y == 1])
    if len(ill) == 0:
        raise ValueError("nobody is ill")
    if not 0 < min_sens <= 1:
        raise ValueError("min_sens must be above 0 and at most 1")
    scores = np.unique(s)
    found = len(ill) - np.searchsorted(ill, scores, side="left")
    return float(scores[found / len(ill) >= min_sens].max())


def bootstrap_ci(
    y: np.ndarray, s: np.ndarray, metric: Callable, n: int, level: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Return a percentile interval from resamples of both classes."""
    ill, healthy = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    if len(ill) == 0 or len(healthy) == 0:
        raise ValueError("a class is missing")
    if n < 1:
        raise ValueError("n must be at least 1")
    if not 0 < level < 1:
        raise ValueError("level must lie between 0 and 1")
    values = []
    for _ in range(n):
        i = rng.integers(0, len(ill), len(ill))
        j = rng.integers(0, len(healthy), len(healthy))
        rows = np.concatenate([ill[i], healthy[j]])
        values.append(metric(y[rows], s[rows]))
    low, high = np.quantile(np.array(values, dtype=np.float64), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
