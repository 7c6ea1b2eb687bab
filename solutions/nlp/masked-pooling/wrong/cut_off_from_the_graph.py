"""Mistake: the way through `.data` leaves no gradient."""

import torch


def masked_mean(h, mask):
    """Return the mean of the real token vectors of each sentence."""
    padding = mask.unsqueeze(-1) == 0
    total = h.data.masked_fill(padding, 0).sum(dim=1, dtype=torch.promote_types(h.dtype, torch.float32))
    return (total / (~padding).sum(dim=1).clamp(min=1)).to(h.dtype)


def masked_max(h, mask):
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    padding = mask.unsqueeze(-1) == 0
    largest = h.data.masked_fill(padding, -torch.inf).amax(dim=1)
    return largest.masked_fill(padding.all(dim=1), 0)
