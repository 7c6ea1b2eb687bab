"""Mistake: a wider mask widens the result."""

import torch


def masked_mean(h, mask):
    """Return the mean of the real token vectors of each sentence."""
    real = mask.unsqueeze(-1) != 0
    count = mask.sum(dim=1, keepdim=True).clamp(min=1)
    wide = torch.promote_types(h.dtype, torch.float32)
    mean = torch.where(real, h, 0).sum(dim=1, dtype=wide) / count
    return mean.to(torch.promote_types(h.dtype, mask.dtype) if mask.is_floating_point() else h.dtype)


def masked_max(h, mask):
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    padding = mask.unsqueeze(-1) == 0
    largest = h.masked_fill(padding, -torch.inf).amax(dim=1)
    return largest.masked_fill(padding.all(dim=1), 0)
