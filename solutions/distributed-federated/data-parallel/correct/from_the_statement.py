"""Data parallelism: write the three functions."""

from collections.abc import Generator

import numpy as np


def shard_indices(n: int, world: int, rank: int, epoch: int, seed: int, drop_last: bool = False) -> np.ndarray:
    """Return the samples that a rank reads in an epoch."""
    if n < 0:
        raise ValueError("n must not be negative")
    if world < 1:
        raise ValueError("world must be at least 1")
    if not 0 <= rank < world:
        raise ValueError("rank must be one of 0, ..., world - 1")
    order = np.random.default_rng((seed, epoch)).permutation(n).astype(np.int64)
    if drop_last:
        order = order[: n // world * world]
    else:
        order = np.resize(order, -(-n // world) * world)
    return order[rank::world].copy()


def reduce_grads(grads: list[list[np.ndarray | None]], counts: list[int]) -> list[np.ndarray | None]:
    """Merge the ranks' gradients into the gradient over all samples."""
    if not grads:
        raise ValueError("there is no rank")
    if len(grads) != len(counts):
        raise ValueError("grads and counts differ in length")
    if any(count < 0 for count in counts):
        raise ValueError("a count is negative")
    samples = sum(counts)
    if samples == 0:
        raise ValueError("there is no sample")
    if any(len(entries) != len(grads[0]) for entries in grads):
        raise ValueError("ranks differ in the number of gradients")

    merged = []
    for column in zip(*grads):
        present = [grad for grad in column if grad is not None]
        if any(grad.shape != present[0].shape or grad.dtype != present[0].dtype for grad in present):
            raise ValueError("ranks differ in the shape or dtype of a gradient")
        # Ranks without samples are left out, not weighted with 0: 0 * NaN is NaN.
        used = [(grad, count) for grad, count in zip(column, counts) if grad is not None and count > 0]
        if not used:
            merged.append(None)
            continue
        total = np.zeros(present[0].shape)
        for grad, count in used:
            total += grad.astype(np.float64) * (count / samples)
        merged.append(total.astype(present[0].dtype))
    return merged


def ring_worker(rank: int, world: int, vector: np.ndarray) -> Generator[np.ndarray, np.ndarray, np.ndarray]:
    """Add up the vectors of all ranks by passing pieces around a ring."""
    total = np.array(vector, dtype=np.float64)
    pieces = np.array_split(total, world)  # views of total, of at most ceil(D / world) numbers

    # Each round passes on the piece of which most has been added up; then rank r holds the sum of piece r + 1.
    for turn in range(world - 1):
        received = yield pieces[(rank - turn) % world].copy()
        pieces[(rank - turn - 1) % world] += received
    # The sums travel once around, as they are.
    for turn in range(world - 1):
        received = yield pieces[(rank + 1 - turn) % world].copy()
        pieces[(rank - turn) % world][:] = received
    return total
