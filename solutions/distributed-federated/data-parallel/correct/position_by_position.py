"""Plain loops over positions, one accumulator per parameter, and a ring on slices of one buffer."""

import numpy as np


def shard_indices(n: int, world: int, rank: int, epoch: int, seed: int, drop_last: bool = False) -> np.ndarray:
    """Return the samples that a rank reads in an epoch."""
    if world < 1 or rank < 0 or rank >= world or n < 0:
        raise ValueError("no such shard")
    order = np.random.default_rng((seed, epoch)).permutation(n)
    rounds, rest = divmod(n, world)
    if rest and not drop_last:
        rounds += 1
    picked = np.zeros(rounds, dtype=np.int64)
    for turn in range(rounds):
        picked[turn] = order[(turn * world + rank) % n]
    return picked


def reduce_grads(grads, counts):
    """Merge the ranks' gradients into the gradient over all samples."""
    if not grads or len(grads) != len(counts) or min(counts) < 0 or max(counts) == 0:
        raise ValueError("the counts make no weights for these ranks")
    width = len(grads[0])
    result = []
    if any(len(own) != width for own in grads):
        raise ValueError("ranks disagree about the model")
    for place in range(width):
        total, kind = None, None
        for own, count in zip(grads, counts, strict=True):
            gradient = own[place]
            if gradient is None:
                continue
            if kind is None:
                kind = gradient.shape, gradient.dtype
            elif kind != (gradient.shape, gradient.dtype):
                raise ValueError("ranks disagree about a parameter")
            if count > 0:
                if total is None:
                    total = np.zeros(gradient.shape, dtype=np.float64)
                total += np.multiply(gradient, float(count), dtype=np.float64)
        result.append(None if total is None else np.array(total / sum(counts), dtype=kind[1]))
    return result


def ring_worker(rank, world, vector):
    """Add up the vectors of all ranks by passing pieces around a ring."""
    buffer = np.array(vector, dtype=np.float64)
    size = -(-len(buffer) // world)
    pieces = [slice(i * size, (i + 1) * size) for i in range(world)]
    for turn in range(2 * (world - 1)):
        outgoing = pieces[(rank - turn) % world]
        incoming = pieces[(rank - turn - 1) % world]
        received = yield buffer[outgoing]
        if turn < world - 1:
            buffer[incoming] += received
        else:
            buffer[incoming] = received
    return buffer
