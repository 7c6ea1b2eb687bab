"""Picks the real tokens of one sentence after the other and pools them plainly."""

import torch
from torch import Tensor


def masked_mean(h: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of the real token vectors of each sentence."""
    return _each(h, mask, lambda tokens: tokens.double().mean(dim=0).to(h.dtype))


def masked_max(h: Tensor, mask: Tensor) -> Tensor:
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    return _each(h, mask, lambda tokens: tokens.max(dim=0).values)


def _each(h, mask, pool):
    pooled = []
    for tokens, real in zip(h.unbind(0), mask.unbind(0), strict=True):
        chosen = tokens[real.nonzero().squeeze(1)]
        pooled.append(pool(chosen) if len(chosen) else tokens.new_zeros(tokens.shape[1]))
    return torch.stack(pooled)
