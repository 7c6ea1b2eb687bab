"""Mistake: the first tokens are taken for the real ones."""

import torch


def masked_mean(h, mask):
    """Return the mean of the real token vectors of each sentence."""
    rows = [sentence[:count] for sentence, count in zip(h, mask.sum(dim=1).long().tolist())]
    return torch.stack([row.double().sum(dim=0) / max(len(row), 1) for row in rows]).to(h.dtype)


def masked_max(h, mask):
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    rows = [sentence[:count] for sentence, count in zip(h, mask.sum(dim=1).long().tolist())]
    return torch.stack([row.amax(dim=0) if len(row) else row.sum(dim=0) for row in rows])
