"""Counts edges by hand, raises cells with ravel_multi_index, and keeps the choice inside the loop."""

import math

import numpy as np


def bucketise(obs, edges):
    """Return the cell of a continuous observation."""
    if obs.ndim != 1 or len(obs) != len(edges):
        raise ValueError("an observation needs one row of edges for each number")
    if any(math.isnan(value) for value in obs):
        raise ValueError("NaN is in no bucket")
    if not edges:
        return 0
    buckets = [int(np.searchsorted(row, value, side="right")) for value, row in zip(obs, edges)]
    return int(np.ravel_multi_index(buckets, [len(row) + 1 for row in edges]))


def q_update(Q, s, a, r, s2, terminated, alpha, gamma):
    """Move one entry towards its target, and return the error."""
    error = r - Q[s, a]
    if not terminated:
        error += gamma * np.max(Q[s2])
    Q[s, a] = Q[s, a] + alpha * error
    return float(error)


def train(env, episodes, alpha, gamma, eps, rng):
    """Learn a table from episodes."""
    if episodes < 0:
        raise ValueError("fewer than no episodes")
    for share in (alpha, gamma, eps):
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"{share} is not from 0 to 1")
    table = np.zeros((env.n_states, env.n_actions), dtype=np.float64)
    for _ in range(episodes):
        state, _info = env.reset()
        while True:
            if rng.random() < eps:
                action = int(rng.integers(env.n_actions))
            else:
                top = max(table[state])
                best = [action for action in range(env.n_actions) if table[state, action] == top]
                action = best[int(rng.integers(len(best)))]
            before = state
            state, reward, terminated, truncated, _info = env.step(action)
            q_update(table, before, action, reward, state, terminated, alpha, gamma)
            if terminated or truncated:
                break
    return table
