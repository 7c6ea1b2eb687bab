"""Python's own whole numbers all the way, reduced at the end."""

import math

import numpy as np

MODULUS = 1 << 32


def encode(x: np.ndarray, frac_bits: int) -> np.ndarray:
    """Return fixed-point numbers modulo 2**32."""
    numbers = []
    for value in x.tolist():
        if not math.isfinite(value) or abs(value) > MODULUS:
            raise ValueError("not a number that fits")
        whole = round(value * (1 << frac_bits))
        if whole.bit_length() > 31 and whole != -(1 << 31):
            raise ValueError("too large")
        numbers.append(whole % MODULUS)
    return np.array(numbers, dtype=np.uint32)


def mask(u, me, peers, seeds):
    """Return what a client sends instead of its vector."""
    if me in peers or len(set(peers)) < len(peers):
        raise ValueError("peers must be the others")
    numbers = u.tolist()
    for peer in peers:
        sign = 1 if me < peer else -1
        pair = (me, peer)[::sign]
        if pair not in seeds:
            raise ValueError("a seed is missing")
        numbers = [number + sign * drawn for number, drawn in zip(numbers, _draw(seeds[pair], len(u)), strict=True)]
    return np.array([number % MODULUS for number in numbers], dtype=np.uint32)


def aggregate(masked, frac_bits, seeds=None):
    """Return the sum of the vectors behind the masks."""
    vectors = list(masked.values())
    if not vectors or any(vector.shape != vectors[0].shape for vector in vectors):
        raise ValueError("need vectors of one shape")
    sums = [sum(column) for column in zip(*(vector.tolist() for vector in vectors), strict=True)]
    for (low, high), seed in (seeds or {}).items():
        if (low in masked) != (high in masked):
            sign = -1 if low in masked else 1
            sums = [number + sign * drawn for number, drawn in zip(sums, _draw(seed, len(sums)), strict=True)]
    signed = [(number + MODULUS // 2) % MODULUS - MODULUS // 2 for number in sums]
    return np.array([number / (1 << frac_bits) for number in signed], dtype=np.float64)


def _draw(seed, size):
    return np.random.default_rng(seed).integers(0, MODULUS, size=size, dtype=np.uint32).tolist()
