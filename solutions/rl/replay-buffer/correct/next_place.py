"""Five arrays, the number of experiences, and the place where the next one goes."""

import numpy as np


class Replay:
    """Keeps the latest experiences, and draws from them."""

    def __init__(
        self, capacity: int, obs_shape: tuple[int, ...], rng: np.random.Generator, obs_dtype: str = "float32"
    ) -> None:
        """Make room for all experiences."""
        if capacity < 1:
            raise ValueError("capacity must be at least 1")
        self._capacity = capacity
        self._shape = tuple(obs_shape)
        self._rng = rng
        self._kept = {
            "obs": np.zeros((capacity, *self._shape), dtype=obs_dtype),
            "action": np.zeros(capacity, dtype=np.int64),
            "reward": np.zeros(capacity, dtype=np.float32),
            "next_obs": np.zeros((capacity, *self._shape), dtype=obs_dtype),
            "terminated": np.zeros(capacity, dtype=bool),
        }
        self._length = 0
        self._next = 0  # where the next experience goes

    def __len__(self) -> int:
        """Return how many experiences there are."""
        return self._length

    def add(self, obs: np.ndarray, action: int, reward: float, next_obs: np.ndarray, terminated: bool) -> None:
        """Keep an experience, in place of the oldest if need be."""
        if np.shape(obs) != self._shape or np.shape(next_obs) != self._shape:
            raise ValueError(f"observations must have the shape {self._shape}")
        experience = {
            "obs": obs,
            "action": np.int64(action),
            "reward": np.float32(reward),
            "next_obs": next_obs,
            "terminated": bool(terminated),
        }
        for name, value in experience.items():
            self._kept[name][self._next] = value
        self._next = (self._next + 1) % self._capacity
        self._length = min(self._length + 1, self._capacity)

    def sample(self, n: int) -> dict[str, np.ndarray]:
        """Draw different experiences."""
        if not 0 <= n <= self._length:
            raise ValueError("there are not so many experiences")
        ages = self._rng.choice(self._length, size=n, replace=False)
        oldest = self._next - self._length
        places = (oldest + ages) % self._capacity
        return {name: values[places] for name, values in self._kept.items()}
