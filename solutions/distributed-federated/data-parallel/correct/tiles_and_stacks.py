"""Tiles the order, stacks gradients into one matrix, and lets the travelling piece carry the sum."""

import math

import numpy as np


def shard_indices(n, world, rank, epoch, seed, drop_last=False):
    """Return the samples that a rank reads in an epoch."""
    if n < 0 or world < 1 or rank not in range(world):
        raise ValueError("no such shard")
    order = np.random.default_rng((seed, epoch)).permutation(n)
    if drop_last:
        kept = order[: n - n % world]
    else:
        missing = -n % world
        repeats = math.ceil(missing / n) if n else 0
        kept = np.concatenate([order, np.tile(order, repeats)[:missing]])
    return kept.reshape(-1, world)[:, rank].copy()


def reduce_grads(grads, counts):
    """Merge the ranks' gradients into the gradient over all samples."""
    if len(grads) != len(counts) or not counts:
        raise ValueError("need one count per rank, and at least one rank")
    if any(count < 0 for count in counts) or not any(counts):
        raise ValueError("counts must not be negative nor all zero")
    try:
        columns = list(zip(*grads, strict=True))
    except ValueError as error:
        raise ValueError("ranks differ in the number of gradients") from error
    return [_reduce(column, np.array(counts, dtype=np.float64)) for column in columns]


def _reduce(column, counts):
    kinds = {(gradient.shape, gradient.dtype.str) for gradient in column if gradient is not None}
    if len(kinds) > 1:
        raise ValueError("ranks differ in a gradient")
    used = [index for index, gradient in enumerate(column) if gradient is not None and counts[index]]
    if not used:
        return None
    stacked = np.stack([column[index] for index in used]).astype(np.float64)
    mean = np.tensordot(counts[used] / counts.sum(), stacked, axes=1)
    return np.array(mean, dtype=column[used[0]].dtype)


def ring_worker(rank, world, vector):
    """Add up the vectors of all ranks by passing pieces around a ring."""
    own = np.array_split(vector, world)
    carried, place = own[(rank + 1) % world], (rank + 1) % world
    for _ in range(world - 1):
        carried = yield carried
        place = (place - 1) % world
        carried = carried + own[place]
    total = [piece * 0 for piece in own]
    total[place] = carried + 0.0
    for _ in range(world - 1):
        carried = yield carried
        place = (place - 1) % world
        total[place] = carried
    return np.concatenate(total)
