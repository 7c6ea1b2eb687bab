"""Mistake: the mask picks tokens by indexing, which floating-point masks cannot do."""

import torch


def masked_mean(h, mask):
    """Return the mean of the real token vectors of each sentence."""
    mask = mask.bool() if mask.dtype == torch.int64 else mask
    rows = [sentence[keep] for sentence, keep in zip(h, mask)]
    return torch.stack([row.double().sum(dim=0) / max(len(row), 1) for row in rows]).to(h.dtype)


def masked_max(h, mask):
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    padding = mask.unsqueeze(-1) == 0
    largest = h.masked_fill(padding, -torch.inf).amax(dim=1)
    return largest.masked_fill(padding.all(dim=1), 0)
