"""Connectionist temporal classification: write both functions."""

import numpy as np


def ctc_greedy(logits: np.ndarray, lengths: np.ndarray, blank: int) -> list[list[int]]:
    """Read the best path of each recording."""
    # Write: the best symbols, and how a path is read.


def ctc_loss(logits: np.ndarray, targets: list[list[int]], lengths: np.ndarray, blank: int) -> np.ndarray:
    """Sum over all paths that read the target."""
    # Write: probabilities by logarithms, and the forward recursion.
