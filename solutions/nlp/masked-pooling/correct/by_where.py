"""Selects by torch.where in a wide dtype, and counts real tokens in a bool mask."""

import torch


def masked_mean(h: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean of the real token vectors of each sentence."""
    real = mask.bool()
    wide = torch.float64 if h.dtype == torch.float64 else torch.float32
    kept = torch.where(real.unsqueeze(-1), h, torch.zeros_like(h)).to(wide)
    count = real.sum(dim=1, keepdim=True).clamp(min=1)
    return (kept.sum(dim=1) / count.to(wide)).to(h.dtype)


def masked_max(h: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    real = mask.bool().unsqueeze(-1)
    largest = torch.where(real, h, torch.full_like(h, -torch.inf)).amax(dim=1)
    return torch.where(real.any(dim=1), largest, torch.zeros_like(largest))
