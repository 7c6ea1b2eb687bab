"""Padding, masks and forward fill: write both functions."""

import numpy as np


def pad(
    seqs: list[np.ndarray], side: str, value: float, max_len: int | None = None, truncate: str = "post"
) -> tuple[np.ndarray, np.ndarray]:
    """Return one array for all sequences, and where their values stand in it."""
    # Write: the refusals, the lengths, the mask, the array.


def ffill(x: np.ndarray, limit: int | None = None) -> np.ndarray:
    """Return a copy in which gaps hold the last observed value."""
    # Write: the refusal, the last observation, the limit.
