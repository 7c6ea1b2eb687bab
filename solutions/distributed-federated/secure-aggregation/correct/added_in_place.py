"""Masks added and subtracted in place, one revealed seed after the other."""

import numpy as np


def _pair_mask(seed: int, size: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**32, size=size, dtype=np.uint32)


def encode(x: np.ndarray, frac_bits: int) -> np.ndarray:
    """Return fixed-point numbers modulo 2**32."""
    with np.errstate(over="ignore"):
        whole = np.rint(np.asarray(x, dtype=np.float64) * 2.0**frac_bits)
    # NaN fails both comparisons, so it is refused here too
    if not np.all((whole >= -(2**31)) & (whole <= 2**31 - 1)):
        raise ValueError("a number is not finite or does not fit into 32 bits")
    return whole.astype(np.int64).astype(np.uint32)


def mask(u: np.ndarray, me: int, peers: list[int], seeds: dict[tuple[int, int], int]) -> np.ndarray:
    """Return what a client sends instead of its vector."""
    peers = list(peers)
    if me in peers:
        raise ValueError("a client is no peer of itself")
    if len(set(peers)) != len(peers):
        raise ValueError("a peer is listed twice")
    pairs = [(min(me, peer), max(me, peer)) for peer in peers]
    for pair in pairs:
        if pair not in seeds:
            raise ValueError(f"no seed for the pair {pair}")
    out = np.array(u, dtype=np.uint32)
    for pair in pairs:
        noise = _pair_mask(seeds[pair], out.size)
        if pair[0] == me:
            out += noise
        else:
            out -= noise
    return out


def aggregate(
    masked: dict[int, np.ndarray], frac_bits: int, seeds: dict[tuple[int, int], int] | None = None
) -> np.ndarray:
    """Return the sum of the vectors behind the masks."""
    if not masked:
        raise ValueError("nothing has been delivered")
    vectors = list(masked.values())
    if any(v.shape != vectors[0].shape for v in vectors):
        raise ValueError("the vectors differ in shape")
    total = np.zeros(vectors[0].shape, dtype=np.uint32)
    for v in vectors:
        total += v
    for (low, high), seed in (seeds or {}).items():
        if (low in masked) == (high in masked):
            continue
        noise = _pair_mask(seed, total.size)
        if low in masked:  # the smaller id had added it
            total -= noise
        else:
            total += noise
    return total.view(np.int32).astype(np.float64) / 2.0**frac_bits
