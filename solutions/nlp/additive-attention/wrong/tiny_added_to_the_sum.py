"""Mistake: a number under the fraction changes the weights."""

import torch


def additive_attention(h, enc, W, v, mask=None):
    """Return the context of each example, and the weight of each of its steps."""
    padding = torch.zeros(enc.shape[:2], dtype=torch.bool) if mask is None else mask == 0
    # NaN times a weight of 0 would be NaN, on the way back too
    enc = enc.masked_fill(padding[:, :, None], 0)
    of_state = h @ W[:, : h.shape[1]].T
    of_steps = enc @ W[:, h.shape[1] :].T
    scores = torch.tanh(of_state[:, None] + of_steps) @ v
    # a softmax of nothing is NaN: where no step is real, all are weighed, and then none
    nothing = padding.all(dim=1, keepdim=True)
    scores = scores.masked_fill(padding & ~nothing, -torch.inf)
    powers = (scores - scores.detach().amax(dim=1, keepdim=True)).exp()
    weights = (powers / (powers.sum(dim=1, keepdim=True) + 1e-6)).masked_fill(nothing, 0)
    return torch.einsum("bt,bte->be", weights, enc), weights
