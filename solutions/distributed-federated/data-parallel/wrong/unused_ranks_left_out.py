"""Mistake: only the samples of ranks that used a parameter count."""

import numpy as np


def shard_indices(n, world, rank, epoch, seed, drop_last=False):
    """Return the samples that a rank reads in an epoch."""
    if n < 0 or not 0 <= rank < world:
        raise ValueError(f"no rank {rank} of {world} with {n} samples")
    order = np.random.default_rng((seed, epoch)).permutation(n)
    length = n // world if drop_last else -(-n // world)
    return np.resize(order, length * world)[rank::world]


def reduce_grads(grads, counts):
    """Merge the ranks' gradients into the gradient over all samples."""
    _refuse_misfits(grads, counts)
    total = sum(counts)
    ranks = [(count / total, own) for count, own in zip(counts, grads) if count]
    return [_mean([(share, own[place]) for share, own in ranks]) for place in range(len(grads[0]))]


def ring_worker(rank, world, vector):
    """Add up the vectors of all ranks by passing pieces around a ring."""
    pieces = np.array_split(vector.copy(), world)
    for step in range(world - 1):
        received = yield pieces[(rank - step) % world]
        pieces[(rank - step - 1) % world] += received
    # now this rank holds the whole sum of the piece after its own
    for step in range(world - 1):
        received = yield pieces[(rank + 1 - step) % world]
        pieces[(rank - step) % world] = received
    return np.concatenate(pieces)


def _mean(parts):
    """Return the sum of share times gradient, where no gradient is zero."""
    present = [(share, gradient) for share, gradient in parts if gradient is not None]
    if not present:
        return None
    mean = sum(share * gradient.astype(np.float64) for share, gradient in present) / sum(share for share, _ in present)
    return np.asarray(mean, dtype=present[0][1].dtype)


def _refuse_misfits(grads, counts):
    if len(grads) != len(counts):
        raise ValueError(f"{len(grads)} ranks but {len(counts)} counts")
    if any(count < 0 for count in counts):
        raise ValueError("a count is negative")
    if sum(counts) == 0:
        raise ValueError("no samples at all")
    if any(len(own) != len(grads[0]) for own in grads):
        raise ValueError("ranks differ in the number of gradients")
    for gradients in zip(*grads):
        if len({(gradient.shape, gradient.dtype) for gradient in gradients if gradient is not None}) > 1:
            raise ValueError("ranks differ in the shape or dtype of a gradient")
