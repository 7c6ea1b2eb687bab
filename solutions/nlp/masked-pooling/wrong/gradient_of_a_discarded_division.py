"""Mistake: 0/0 is replaced in the result, yet its NaN comes back in the gradient."""

import torch


def masked_mean(h, mask):
    """Return the mean of the real token vectors of each sentence."""
    real = mask.unsqueeze(-1) != 0
    wide = torch.promote_types(h.dtype, torch.float32)
    total = (h.nan_to_num(0.0, 0.0, 0.0) * real).sum(dim=1, dtype=wide)
    mean = total / real.sum(dim=1)
    return torch.where(real.any(dim=1), mean, 0).to(h.dtype)


def masked_max(h, mask):
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    padding = mask.unsqueeze(-1) == 0
    largest = h.masked_fill(padding, -torch.inf).amax(dim=1)
    return largest.masked_fill(padding.all(dim=1), 0)
