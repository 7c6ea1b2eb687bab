"""Mistake: padding becomes -1e9, which real values may fall below and half precision cannot hold."""

import torch


def masked_mean(h, mask):
    """Return the mean of the real token vectors of each sentence."""
    padding = mask.unsqueeze(-1) == 0
    total = h.masked_fill(padding, 0).sum(dim=1, dtype=torch.promote_types(h.dtype, torch.float32))
    return (total / (~padding).sum(dim=1).clamp(min=1)).to(h.dtype)


def masked_max(h, mask):
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    padding = mask.unsqueeze(-1) == 0
    fill = -1e9 if h.dtype in (torch.float32, torch.float64) else -1e4
    largest = h.masked_fill(padding, fill).amax(dim=1)
    return largest.masked_fill(padding.all(dim=1), 0)
