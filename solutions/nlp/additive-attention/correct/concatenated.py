"""The state repeated over time and set beside each step; exponentials written out."""

import torch


def additive_attention(h, enc, W, v, mask=None):
    """Return the context of each example, and the weight of each of its steps."""
    steps = enc.shape[1]
    real = torch.ones(len(enc), steps, dtype=torch.bool) if mask is None else mask.bool()
    enc = torch.where(real.unsqueeze(-1), enc, torch.zeros_like(enc))
    both = torch.cat([h.unsqueeze(1).expand(-1, steps, -1), enc], dim=-1)
    scores = torch.nn.functional.linear(torch.nn.functional.linear(both, W).tanh(), v[None]).squeeze(-1)
    shift = scores.detach().masked_fill(~real, torch.finfo(scores.dtype).min).amax(dim=1, keepdim=True)
    powers = torch.where(real, scores - shift, 0.0).exp() * real
    total = powers.sum(dim=1, keepdim=True)
    weights = powers / torch.where(total > 0, total, 1.0)
    return torch.bmm(weights.unsqueeze(1), enc).squeeze(1), weights
