"""Mistake: A ratio without alarms is infinite."""

import numpy as np


def screen(tp, fp, fn, tn):
    """Return the figures of a test by the four counts."""
    if min(tp, fp, fn, tn) < 0:
        raise ValueError("a count is negative")
    ill, healthy = tp + fn, fp + tn
    return {
        "sensitivity": _share(tp, ill),
        "specificity": _share(tn, healthy),
        "ppv": _share(tp, tp + fp),
        "npv": _share(tn, fn + tn),
        "accuracy": _share(tp + tn, ill + healthy),
        "prevalence": _share(ill, ill + healthy),
        "lr_plus": _share(tp * healthy, ill * fp) if fp or not ill or not healthy else float("inf"),
    }


def ppv_at(sens, spec, prev):
    """Return what a positive result is worth at a prevalence."""
    if not all(0 <= share <= 1 for share in (sens, spec, prev)):
        raise ValueError("a share is not from 0 to 1")
    found = sens * prev
    return _share(found, found + (1 - spec) * (1 - prev))


def threshold_for(y, s, min_sens):
    """Return the highest threshold that finds enough of the ill."""
    ill = np.sort(s[y == 1])
    if not len(ill) or not 0 < min_sens <= 1:
        raise ValueError("nobody to find, or no such share of them")
    found = len(ill) - np.searchsorted(ill, s)
    return float(s[found / len(ill) >= min_sens].max())


def bootstrap_ci(y, s, metric, n, level, rng):
    """Return a percentile interval from resamples of both classes."""
    ill, healthy = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    if not len(ill) or not len(healthy) or n < 1 or not 0 < level < 1:
        raise ValueError("nothing to resample, or no such interval")
    values = []
    for _ in range(n):
        picked = [places[rng.integers(0, len(places), len(places))] for places in (ill, healthy)]
        rows = np.concatenate(picked)
        values.append(metric(y[rows], s[rows]))
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _share(part, whole):
    return part / whole if whole else None
