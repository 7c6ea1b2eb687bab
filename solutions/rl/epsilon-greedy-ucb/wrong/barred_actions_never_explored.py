"""Mistake: barred actions are left out of exploration."""

import math

import numpy as np


def eps_greedy(q, eps, rng):
    """Explore with probability eps, else take one of the best."""
    if q.ndim != 1 or len(q) == 0 or np.isnan(q).any() or not 0 <= eps <= 1:
        raise ValueError("some values, none of them NaN, and eps from 0 to 1, please")
    if rng.random() < eps:
        allowed = np.flatnonzero(q > -np.inf)
        return int(allowed[rng.integers(len(allowed))]) if len(allowed) else int(rng.integers(len(q)))
    best = np.flatnonzero(q == q.max())
    return int(best[rng.integers(len(best))])


def eps_at(t, start, end, steps):
    """Return the share of exploration at a moment."""
    if min(t, steps) < 0:
        raise ValueError("neither moments nor steps are negative")
    if t >= steps:
        return float(end)
    return start + (end - start) * t / steps


def ucb1(counts, means, t, c):
    """Take the arm of the highest upper confidence bound."""
    if counts.ndim != 1 or counts.shape != means.shape or len(counts) == 0:
        raise ValueError("a count and a mean for each arm, please")
    if not counts.all():
        return int(np.argmin(counts))
    if t < 1:
        raise ValueError(f"every arm was pulled, but there were {t} pulls")
    return int(np.argmax(means + c * np.sqrt(2 * math.log(t) / counts)))


def play(pull, n, steps, c):
    """Play with the arms of a bandit."""
    if n < 1 or steps < 0:
        raise ValueError("one arm and no rounds at least, please")
    counts, means = np.zeros(n, dtype=np.int64), np.zeros(n)
    for t in range(steps):
        arm = ucb1(counts, means, t, c)
        reward = pull(arm)
        counts[arm] += 1
        means[arm] += (reward - means[arm]) / counts[arm]
    return counts, means
