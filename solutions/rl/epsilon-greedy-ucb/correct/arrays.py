"""Arrays throughout; a share of the way for the schedule."""

import math
from collections.abc import Callable

import numpy as np


def eps_greedy(q: np.ndarray, eps: float, rng: np.random.Generator) -> int:
    """Explore with probability eps, else take one of the best."""
    q = np.asarray(q)
    if q.ndim != 1 or len(q) == 0 or np.isnan(q).any():
        raise ValueError("q must hold one value per action, none of them NaN")
    if not 0 <= eps <= 1:
        raise ValueError("eps must be from 0 to 1")
    if rng.random() < eps:
        return int(rng.integers(len(q)))
    best = np.flatnonzero(q == q.max())
    return int(best[rng.integers(len(best))])


def eps_at(t: int, start: float, end: float, steps: int) -> float:
    """Return the share of exploration at a moment."""
    if t < 0 or steps < 0:
        raise ValueError("t and steps must not be negative")
    if t >= steps:
        return float(end)
    return float(start + (end - start) * (t / steps))


def ucb1(counts: np.ndarray, means: np.ndarray, t: int, c: float) -> int:
    """Take the arm of the highest upper confidence bound."""
    counts, means = np.asarray(counts), np.asarray(means)
    if counts.ndim != 1 or counts.shape != means.shape or len(counts) == 0:
        raise ValueError("counts and means must hold one number per arm")
    untried = np.flatnonzero(counts == 0)
    if len(untried):
        return int(untried[0])
    if t < 1:
        raise ValueError("every arm was pulled, so t must be at least 1")
    bounds = means.astype(np.float64) + c * np.sqrt(2 * math.log(t) / counts)
    return int(bounds.argmax())


def play(pull: Callable[[int], float], n: int, steps: int, c: float) -> tuple[np.ndarray, np.ndarray]:
    """Play with the arms of a bandit."""
    if n < 1 or steps < 0:
        raise ValueError("n or steps is too small")
    counts, means = np.zeros(n, dtype=np.int64), np.zeros(n)
    for t in range(steps):
        arm = ucb1(counts, means, t, c)
        reward = float(pull(arm))
        counts[arm] += 1
        means[arm] += (reward - means[arm]) / counts[arm]
    return counts, means
