"""Works on lists, keeps sums instead of means, and interpolates the schedule."""

import math

import numpy as np


def eps_greedy(q, eps, rng):
    """Explore with probability eps, else take one of the best."""
    if q.ndim != 1 or q.size < 1:
        raise ValueError("no actions")
    values = q.tolist()
    if any(math.isnan(value) for value in values) or not (eps >= 0.0 and eps <= 1.0):
        raise ValueError("NaN, or a share that is none")
    explores = rng.random() < eps
    best = range(len(values)) if explores else [k for k, value in enumerate(values) if value == max(values)]
    return int(best[int(rng.integers(len(best)))])


def eps_at(t, start, end, steps):
    """Return the share of exploration at a moment."""
    if t < 0 or steps < 0:
        raise ValueError("time does not run backwards")
    return float(np.interp(t, [0, steps], [start, end])) if steps else float(end)


def ucb1(counts, means, t, c):
    """Take the arm of the highest upper confidence bound."""
    if counts.ndim != 1 or means.ndim != 1 or len(counts) != len(means) or not len(counts):
        raise ValueError("arms")
    for arm, count in enumerate(counts):
        if count == 0:
            return arm
    if t < 1:
        raise ValueError("no pulls")
    best, top = 0, -math.inf
    for arm in range(len(counts)):
        bound = float(means[arm]) + c * math.sqrt(2 * math.log(t) / int(counts[arm]))
        if bound > top:
            best, top = arm, bound
    return best


def play(pull, n, steps, c):
    """Play with the arms of a bandit."""
    if n < 1 or steps < 0:
        raise ValueError("no game")
    counts, sums = np.zeros(n, dtype=np.int64), np.zeros(n)
    for t in range(steps):
        arm = ucb1(counts, sums / np.maximum(counts, 1), t, c)
        sums[arm] += pull(arm)
        counts[arm] += 1
    return counts, sums / np.maximum(counts, 1)
