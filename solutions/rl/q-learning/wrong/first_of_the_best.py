"""Mistake: of equal actions the first is taken."""

import numpy as np


def bucketise(obs, edges):
    """Return the cell of a continuous observation."""
    if obs.shape != (len(edges),) or np.isnan(obs).any():
        raise ValueError(f"{obs} does not fit {len(edges)} rows of edges")
    cell = 0
    for value, row in zip(obs, edges):
        cell = cell * (len(row) + 1) + int(np.digitize(value, row))
    return cell


def q_update(Q, s, a, r, s2, terminated, alpha, gamma):
    """Move one entry towards its target, and return the error."""
    target = r if terminated else r + gamma * Q[s2].max()
    error = target - Q[s, a]
    Q[s, a] += alpha * error
    return float(error)


def train(env, episodes, alpha, gamma, eps, rng):
    """Learn a table from episodes."""
    if episodes < 0 or not all(0 <= share <= 1 for share in (alpha, gamma, eps)):
        raise ValueError("a number of episodes, and three numbers from 0 to 1, please")
    Q = np.zeros((env.n_states, env.n_actions))
    for _ in range(episodes):
        state, _ = env.reset()
        over = False
        while not over:
            action = _choose(Q[state], eps, rng)
            following, reward, terminated, truncated, _ = env.step(action)
            q_update(Q, state, action, reward, following, terminated, alpha, gamma)
            state, over = following, terminated or truncated
    return Q


def _choose(values, eps, rng):
    """Explore, or take one of the best at random."""
    if rng.random() < eps:
        return int(rng.integers(len(values)))
    best = np.flatnonzero(values == values.max())
    return int(best[0 * rng.integers(len(best))])
