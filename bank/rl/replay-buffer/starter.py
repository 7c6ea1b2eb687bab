"""A replay buffer: write the class."""

import numpy as np


class Replay:
    """Keeps the latest experiences, and draws from them."""

    def __init__(
        self, capacity: int, obs_shape: tuple[int, ...], rng: np.random.Generator, obs_dtype: str = "float32"
    ) -> None:
        """Make room for all experiences."""
        # Write: the refusal and five arrays.

    def __len__(self) -> int:
        """Return how many experiences there are."""
        # Write: at most the capacity.
        return 0

    def add(self, obs: np.ndarray, action: int, reward: float, next_obs: np.ndarray, terminated: bool) -> None:
        """Keep an experience, in place of the oldest if need be."""
        # Write: the refusal, the place, five values.

    def sample(self, n: int) -> dict[str, np.ndarray]:
        """Draw different experiences."""
        # Write: the refusal, the draw, five copies.
