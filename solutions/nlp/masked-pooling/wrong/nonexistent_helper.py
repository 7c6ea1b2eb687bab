"""Mistake: a masked sum that PyTorch does not have."""

import torch


def masked_mean(h, mask):
    """Return the mean of the real token vectors of each sentence."""
    return torch.masked_sum(h, mask, dim=1) / mask.sum(dim=1, keepdim=True)


def masked_max(h, mask):
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    return torch.masked_max(h, mask, dim=1)
