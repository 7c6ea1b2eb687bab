"""The mean as a product with a row of weights; the maximum by sorting."""

import torch


def masked_mean(h, mask):
    """Return the mean of the real token vectors of each sentence."""
    real = mask.bool()
    wide = h.double() if h.dtype == torch.float64 else h.float()
    wide = torch.where(real[..., None], wide, torch.zeros((), dtype=wide.dtype))
    weights = real.to(wide.dtype) / real.sum(dim=1, keepdim=True).clamp_min(1)
    return torch.einsum("bt,bth->bh", weights, wide).to(h.dtype)


def masked_max(h, mask):
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    real = mask.bool()
    lowest = torch.full_like(h, float("-inf"))
    ranked, _ = torch.where(real[..., None], h, lowest).sort(dim=1, descending=True)
    nothing = torch.zeros_like(ranked[:, 0])
    return torch.where(real.any(dim=1)[:, None], ranked[:, 0], nothing)
