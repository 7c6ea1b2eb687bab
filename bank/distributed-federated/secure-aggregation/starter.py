"""Secure aggregation: write the three functions."""

import numpy as np


def encode(x: np.ndarray, frac_bits: int) -> np.ndarray:
    """Return fixed-point numbers modulo 2**32."""
    # Write: scale, round, refuse what does not fit.


def mask(u: np.ndarray, me: int, peers: list[int], seeds: dict[tuple[int, int], int]) -> np.ndarray:
    """Return what a client sends instead of its vector."""
    # Write: the refusals, one mask for each peer.


def aggregate(
    masked: dict[int, np.ndarray], frac_bits: int, seeds: dict[tuple[int, int], int] | None = None
) -> np.ndarray:
    """Return the sum of the vectors behind the masks."""
    # Write: the refusals, the sum, the masks of those who dropped out, the way back to real numbers.
