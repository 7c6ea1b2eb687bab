"""Tabular Q-learning: write three functions."""

import numpy as np


def bucketise(obs: np.ndarray, edges: list[np.ndarray]) -> int:
    """Return the cell of a continuous observation."""
    # Write: a bucket for each number, and the number of the cell.


def q_update(
    Q: np.ndarray, s: int, a: int, r: float, s2: int | None, terminated: bool, alpha: float, gamma: float
) -> float:
    """Move one entry towards its target, and return the error."""
    # Write: the target, the error, the change in place.


def train(env, episodes: int, alpha: float, gamma: float, eps: float, rng: np.random.Generator) -> np.ndarray:
    """Learn a table from episodes."""
    # Write: episodes, the choice of actions, the updates.
