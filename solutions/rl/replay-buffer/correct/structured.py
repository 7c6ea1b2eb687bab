"""One structured array and a deque of places, oldest first."""

from collections import deque

import numpy as np


class Replay:
    """Keeps the latest experiences, and draws from them."""

    def __init__(self, capacity, obs_shape, rng, obs_dtype="float32"):
        if capacity < 1:
            raise ValueError("a buffer holds something")
        self.shape, self.rng = tuple(obs_shape), rng
        fields = [("obs", obs_dtype, self.shape), ("action", "i8"), ("reward", "f4")]
        fields += [("next_obs", obs_dtype, self.shape), ("terminated", "?")]
        self.table = np.zeros(capacity, dtype=fields)
        self.places = deque(maxlen=capacity)

    def __len__(self):
        return len(self.places)

    def add(self, obs, action, reward, next_obs, terminated):
        """Keep an experience, in place of the oldest if need be."""
        for seen in (obs, next_obs):
            if np.shape(seen) != self.shape:
                raise ValueError("an observation of another shape")
        full = len(self.places) == len(self.table)
        place = self.places[0] if full else len(self.places)
        self.table["obs"][place] = obs
        self.table["next_obs"][place] = next_obs
        self.table["action"][place] = action
        self.table["reward"][place] = reward
        self.table["terminated"][place] = terminated
        self.places.append(place)

    def sample(self, n):
        """Draw different experiences."""
        if n < 0 or n > len(self.places):
            raise ValueError("too many, or less than none")
        chosen = [self.places[age] for age in self.rng.choice(len(self.places), size=n, replace=False)]
        rows = self.table[np.array(chosen, dtype=int)]
        return {name: np.ascontiguousarray(rows[name]) for name in self.table.dtype.names}
