"""Mistake: the shift is the largest score, padding included."""

import torch


def additive_attention(h, enc, W, v, mask=None):
    """Return the context of each example, and the weight of each of its steps."""
    padding = torch.zeros(enc.shape[:2], dtype=torch.bool) if mask is None else mask == 0
    # NaN times a weight of 0 would be NaN, on the way back too
    enc = enc.masked_fill(padding[:, :, None], 0)
    of_state = h @ W[:, : h.shape[1]].T
    of_steps = enc @ W[:, h.shape[1] :].T
    scores = torch.tanh(of_state[:, None] + of_steps) @ v
    powers = (scores - scores.detach().amax(dim=1, keepdim=True)).exp().masked_fill(padding, 0)
    weights = powers / powers.sum(dim=1, keepdim=True).clamp(min=1e-30)
    return torch.einsum("bt,bte->be", weights, enc), weights
