"""Mistake: the softmax of nothing is NaN."""

import torch


def additive_attention(h, enc, W, v, mask=None):
    """Return the context of each example, and the weight of each of its steps."""
    padding = torch.zeros(enc.shape[:2], dtype=torch.bool) if mask is None else mask == 0
    # NaN times a weight of 0 would be NaN, on the way back too
    enc = enc.masked_fill(padding[:, :, None], 0)
    of_state = h @ W[:, : h.shape[1]].T
    of_steps = enc @ W[:, h.shape[1] :].T
    scores = torch.tanh(of_state[:, None] + of_steps) @ v
    weights = torch.softmax(scores.masked_fill(padding, -torch.inf), dim=1)
    return torch.einsum("bt,bte->be", weights, enc), weights
