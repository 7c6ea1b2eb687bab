"""Everything in int64, where nothing overflows, with remainders at the end."""

import numpy as np

MODULUS = 2**32


def encode(x, frac_bits):
    """Return fixed-point numbers modulo 2**32."""
    scaled = np.round(np.ldexp(x, frac_bits))
    inside = np.isfinite(scaled) & (np.abs(scaled + 0.5) < 2**31)
    if not inside.all():
        raise ValueError("out of range")
    return np.mod(scaled.astype(np.int64), MODULUS).astype(np.uint32)


def mask(u, me, peers, seeds):
    """Return what a client sends instead of its vector."""
    if me in set(peers) or sorted(set(peers)) != sorted(peers):
        raise ValueError("peers must be the others, each once")
    result = u.astype(np.int64)
    for peer in peers:
        low, high = sorted((me, peer))
        try:
            seed = seeds[low, high]
        except KeyError:
            raise ValueError("a seed is missing") from None
        result += (1 if me == low else -1) * _noise(seed, len(u))
    return np.mod(result, MODULUS).astype(np.uint32)


def aggregate(masked, frac_bits, seeds=None):
    """Return the sum of the vectors behind the masks."""
    if not masked:
        raise ValueError("nobody has delivered")
    shapes = [vector.shape for vector in masked.values()]
    if shapes.count(shapes[0]) < len(shapes):
        raise ValueError("shapes differ")
    total = np.zeros(shapes[0], dtype=np.int64)
    for vector in masked.values():
        total += vector
    for (low, high), seed in ({} if seeds is None else seeds).items():
        total -= _noise(seed, len(total)) * (int(low in masked) - int(high in masked))
    total %= MODULUS
    total[total >= MODULUS // 2] -= MODULUS
    return np.ldexp(total.astype(np.float64), -frac_bits)


def _noise(seed, size):
    return np.random.default_rng(seed).integers(0, MODULUS, size=size, dtype=np.uint32).astype(np.int64)
