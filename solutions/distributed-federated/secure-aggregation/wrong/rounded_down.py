"""Mistake: numbers are rounded down."""

import numpy as np


def encode(x, frac_bits):
    """Return fixed-point numbers modulo 2**32."""
    whole = np.floor(x * 2.0**frac_bits)
    if not ((whole >= -(2.0**31)) & (whole < 2.0**31)).all():
        raise ValueError("a number does not fit")
    # by way of int64, for the cast of a negative float to an unsigned type is undefined
    return whole.astype(np.int64).astype(np.uint32)


def mask(u, me, peers, seeds):
    """Return what a client sends instead of its vector."""
    if len({me, *peers}) != len(peers) + 1:
        raise ValueError("every other client once, please")
    masked = u.copy()
    for peer in peers:
        masked += _contribution(me, peer, seeds, len(u))
    return masked


def aggregate(masked, frac_bits, seeds=None):
    """Return the sum of the vectors behind the masks."""
    if len({vector.shape for vector in masked.values()}) != 1:
        raise ValueError("need vectors of one shape")
    total = np.sum(list(masked.values()), axis=0, dtype=np.uint32)
    for one, other in seeds or {}:
        if one in masked and other not in masked:
            total -= _contribution(one, other, seeds, len(total))
        if other in masked and one not in masked:
            total -= _contribution(other, one, seeds, len(total))
    return total.view(np.int32) / 2.0**frac_bits


def _contribution(me, peer, seeds, size):
    """Return what one client adds for the sake of another, modulo 2**32."""
    pair = min(me, peer), max(me, peer)
    if pair not in seeds:
        raise ValueError(f"no seed for {pair}")
    noise = np.random.default_rng(seeds[pair]).integers(0, 2**32, size=size, dtype=np.uint32)
    return noise if me < peer else -noise
