"""Tries thresholds from above, and sorts the values of resamples by hand."""

import math
from collections.abc import Callable

import numpy as np


def divided(part, whole):
    """Return a share, or None of nobody."""
    return None if whole == 0 else part / whole


def screen(tp: int, fp: int, fn: int, tn: int) -> dict[str, float | None]:
    """Return the figures of a test by the four counts."""
    if tp < 0 or fp < 0 or fn < 0 or tn < 0:
        raise ValueError("negative")
    total = tp + fp + fn + tn
    result = {
        "sensitivity": divided(tp, tp + fn),
        "specificity": divided(tn, tn + fp),
        "ppv": divided(tp, tp + fp),
        "npv": divided(tn, tn + fn),
        "accuracy": divided(tn + tp, total),
        "prevalence": divided(fn + tp, total),
    }
    alarms = divided(fp, fp + tn)
    result["lr_plus"] = result["sensitivity"] / alarms if alarms and result["sensitivity"] is not None else None
    return result


def ppv_at(sens: float, spec: float, prev: float) -> float | None:
    """Return what a positive result is worth at a prevalence."""
    if min(sens, spec, prev) < 0 or max(sens, spec, prev) > 1:
        raise ValueError("shares")
    positives = prev * sens + (1 - prev) * (1 - spec)
    if positives == 0:
        return None
    return prev * sens / positives


def threshold_for(y: np.ndarray, s: np.ndarray, min_sens: float) -> float:
    """Return the highest threshold that finds enough of the ill."""
    ill = int((y == 1).sum())
    if ill == 0 or min_sens <= 0 or min_sens > 1:
        raise ValueError("ill or min_sens")
    for threshold in sorted(set(s.tolist()), reverse=True):
        if int(((s >= threshold) & (y == 1)).sum()) / ill >= min_sens:
            return threshold
    raise AssertionError("the lowest score finds all")


def bootstrap_ci(
    y: np.ndarray, s: np.ndarray, metric: Callable, n: int, level: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Return a percentile interval from resamples of both classes."""
    groups = [(y[y == kind], s[y == kind]) for kind in (1, 0)]
    if n <= 0 or level <= 0 or level >= 1 or any(len(classes) == 0 for classes, _ in groups):
        raise ValueError("arguments")
    values = np.empty(n)
    for number in range(n):
        parts = []
        for classes, scores in groups:
            drawn = rng.integers(0, len(classes), len(classes))
            parts.append((classes[drawn], scores[drawn]))
        values[number] = metric(*(np.hstack(each) for each in zip(*parts)))
    values.sort()
    ends = []
    for part in ((1 - level) / 2, (1 + level) / 2):
        place = part * (n - 1)
        low = math.floor(place)
        ends.append(float(values[low] + (place - low) * (values[math.ceil(place)] - values[low])))
    return ends[0], ends[1]
