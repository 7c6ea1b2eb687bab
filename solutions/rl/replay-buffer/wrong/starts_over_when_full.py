"""Mistake: a full buffer is emptied."""

import numpy as np


class Replay:
    """Keeps the latest experiences, and draws from them."""

    def __init__(self, capacity, obs_shape, rng, obs_dtype="float32"):
        if capacity < 1:
            raise ValueError(f"no room for {capacity} experiences")
        self._rows = {
            "obs": np.empty((capacity, *obs_shape), dtype=obs_dtype),
            "action": np.empty(capacity, dtype=np.int64),
            "reward": np.empty(capacity, dtype=np.float32),
            "next_obs": np.empty((capacity, *obs_shape), dtype=obs_dtype),
            "terminated": np.empty(capacity, dtype=np.bool_),
        }
        self._capacity, self._shape, self._rng, self._added = capacity, tuple(obs_shape), rng, 0

    def __len__(self):
        return min(self._added, self._capacity)

    def add(self, obs, action, reward, next_obs, terminated):
        """Keep an experience, in place of the oldest if need be."""
        if not np.shape(obs) == np.shape(next_obs) == self._shape:
            raise ValueError(f"observations are of shape {self._shape}")
        if self._added == self._capacity:
            self._added = 0
        place = self._added % self._capacity
        for rows, value in zip(self._rows.values(), (obs, action, reward, next_obs, terminated)):
            rows[place] = value
        self._added += 1

    def sample(self, n):
        """Draw different experiences."""
        held = len(self)
        if not 0 <= n <= held:
            raise ValueError(f"{n} of {held} experiences cannot be drawn")
        ages = self._rng.choice(held, size=n, replace=False)
        places = (self._added - held + ages) % self._capacity
        return {name: rows[places] for name, rows in self._rows.items()}
