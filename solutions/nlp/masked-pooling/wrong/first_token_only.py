"""Mistake: the vector of the first token stands for the sentence."""

import torch


def masked_mean(h, mask):
    """Return the mean of the real token vectors of each sentence."""
    return h[:, 0] * (mask.sum(dim=1, keepdim=True) > 0).to(h.dtype)


def masked_max(h, mask):
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    padding = mask.unsqueeze(-1) == 0
    largest = h.masked_fill(padding, -torch.inf).amax(dim=1)
    return largest.masked_fill(padding.all(dim=1), 0)
