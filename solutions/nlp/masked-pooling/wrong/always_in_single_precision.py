"""Mistake: double precision is added up in single precision."""

import torch


def masked_mean(h, mask):
    """Return the mean of the real token vectors of each sentence."""
    padding = mask.unsqueeze(-1) == 0
    total = h.masked_fill(padding, 0).sum(dim=1, dtype=torch.float32)
    return (total / (~padding).sum(dim=1).clamp(min=1)).to(h.dtype)


def masked_max(h, mask):
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    padding = mask.unsqueeze(-1) == 0
    largest = h.masked_fill(padding, -torch.inf).amax(dim=1)
    return largest.masked_fill(padding.all(dim=1), 0)
