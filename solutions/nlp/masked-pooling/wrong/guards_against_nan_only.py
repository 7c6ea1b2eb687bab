"""Mistake: NaN at padding is caught, infinity times zero is not."""

import torch


def masked_mean(h, mask):
    """Return the mean of the real token vectors of each sentence."""
    weights = mask.unsqueeze(-1).to(h.dtype)
    wide = torch.promote_types(h.dtype, torch.float32)
    known = torch.where(h.isnan(), 0, h)
    return ((known * weights).sum(dim=1, dtype=wide) / weights.sum(dim=1).clamp(min=1)).to(h.dtype)


def masked_max(h, mask):
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    padding = mask.unsqueeze(-1) == 0
    largest = h.masked_fill(padding, -torch.inf).amax(dim=1)
    return largest.masked_fill(padding.all(dim=1), 0)
