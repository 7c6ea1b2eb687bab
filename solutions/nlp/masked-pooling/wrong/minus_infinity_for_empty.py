"""Mistake: a sentence without real tokens gives minus infinity."""

import torch


def masked_mean(h, mask):
    """Return the mean of the real token vectors of each sentence."""
    padding = mask.unsqueeze(-1) == 0
    total = h.masked_fill(padding, 0).sum(dim=1, dtype=torch.promote_types(h.dtype, torch.float32))
    return (total / (~padding).sum(dim=1).clamp(min=1)).to(h.dtype)


def masked_max(h, mask):
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    padding = mask.unsqueeze(-1) == 0
    return h.masked_fill(padding, -torch.inf).amax(dim=1)
