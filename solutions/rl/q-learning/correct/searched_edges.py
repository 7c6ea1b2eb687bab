"""Buckets by searchsorted; the choice of the action stands inside the loop."""

import numpy as np


def bucketise(obs: np.ndarray, edges: list[np.ndarray]) -> int:
    """Return the cell of a continuous observation."""
    obs = np.asarray(obs)
    if obs.ndim != 1 or len(obs) != len(edges):
        raise ValueError("obs must be one-dimensional and have one number for each array of edges")
    if np.isnan(obs).any():
        raise ValueError("obs holds NaN")
    cell = 0
    for number, borders in zip(obs, edges, strict=True):
        cell = cell * (len(borders) + 1) + int(np.searchsorted(borders, number, side="right"))
    return cell


def q_update(
    Q: np.ndarray, s: int, a: int, r: float, s2: int | None, terminated: bool, alpha: float, gamma: float
) -> float:
    """Move one entry towards its target, and return the error."""
    target = r if terminated else r + gamma * Q[s2].max()
    error = float(target - Q[s, a])
    Q[s, a] += alpha * error
    return error


def train(env, episodes: int, alpha: float, gamma: float, eps: float, rng: np.random.Generator) -> np.ndarray:
    """Learn a table from episodes."""
    if episodes < 0:
        raise ValueError("episodes must not be negative")
    if not all(0 <= rate <= 1 for rate in (alpha, gamma, eps)):
        raise ValueError("alpha, gamma and eps must be from 0 to 1")
    Q = np.zeros((env.n_states, env.n_actions))
    for _ in range(episodes):
        state, _ = env.reset()
        over = False
        while not over:
            if rng.random() < eps:
                action = int(rng.integers(env.n_actions))
            else:
                best = np.flatnonzero(Q[state] == Q[state].max())
                action = int(best[rng.integers(len(best))])
            new_state, reward, terminated, truncated, _ = env.step(action)
            q_update(Q, state, action, reward, new_state, terminated, alpha, gamma)
            state, over = new_state, terminated or truncated
    return Q
