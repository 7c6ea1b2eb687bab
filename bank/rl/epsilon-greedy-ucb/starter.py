"""Two rules that explore: write four functions."""

from collections.abc import Callable

import numpy as np


def eps_greedy(q: np.ndarray, eps: float, rng: np.random.Generator) -> int:
    """Explore with probability eps, else take one of the best."""
    # Write: the refusals and two draws.


def eps_at(t: int, start: float, end: float, steps: int) -> float:
    """Return the share of exploration at a moment."""
    # Write: the line, and what comes after it.


def ucb1(counts: np.ndarray, means: np.ndarray, t: int, c: float) -> int:
    """Take the arm of the highest upper confidence bound."""
    # Write: untried arms, then the bounds.


def play(pull: Callable[[int], float], n: int, steps: int, c: float) -> tuple[np.ndarray, np.ndarray]:
    """Play with the arms of a bandit."""
    # Write: choose, pull, keep the means up to date.
