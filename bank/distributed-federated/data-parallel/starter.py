"""Data parallelism: write the three functions."""

from collections.abc import Generator

import numpy as np


def shard_indices(n: int, world: int, rank: int, epoch: int, seed: int, drop_last: bool = False) -> np.ndarray:
    """Return the samples that a rank reads in an epoch."""
    # Write: the order of the epoch, its length, the rank's entries.


def reduce_grads(grads: list[list[np.ndarray | None]], counts: list[int]) -> list[np.ndarray | None]:
    """Merge the ranks' gradients into the gradient over all samples."""
    # Write: the refusals, the weighted means.


def ring_worker(rank: int, world: int, vector: np.ndarray) -> Generator[np.ndarray, np.ndarray, np.ndarray]:
    """Add up the vectors of all ranks by passing pieces around a ring."""
    # Write: pass pieces on until each rank holds one whole sum; then pass the sums on.
    received = yield vector
    return received
