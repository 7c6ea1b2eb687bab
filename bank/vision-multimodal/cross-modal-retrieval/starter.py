"""Contrastive loss and retrieval: write the three functions."""

import numpy as np


def clip_loss(za: np.ndarray, zb: np.ndarray, log_scale: float) -> float:
    """Return the symmetric contrastive loss of pairs of rows."""
    # Write: the refusals, the logits, both cross-entropies.


def topk(q: np.ndarray, g: np.ndarray, k: int, block: int) -> np.ndarray:
    """Return for each query the indices of the k most similar rows of the gallery."""
    # Write: the refusals, the search block by block.


def recall_at_k(ranks: np.ndarray, k: int) -> float:
    """Return the share of queries whose right answer is among the first k."""
    # Write: the refusals, the share.
