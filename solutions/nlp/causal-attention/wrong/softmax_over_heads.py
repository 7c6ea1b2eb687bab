"""A softmax over an axis of size 1 makes every weight 1."""

import math

import torch


def attention(q, k, v, padding_mask=None, causal=True):
    _, _, queries, width = q.shape
    keys = k.shape[2]
    allowed = q.new_ones(queries, keys, dtype=torch.bool)
    if causal:
        allowed = allowed.tril(keys - queries)
    if padding_mask is not None:
        allowed = allowed & padding_mask[:, None, None, :]
        padding = ~padding_mask[:, None, :, None]
        k, v = (t.masked_fill(padding, 0) for t in (k, v))
    exact = torch.promote_types(q.dtype, torch.float32)
    scores = q.to(exact) @ k.to(exact).mT / math.sqrt(width)
    scores = scores.masked_fill(~allowed, torch.finfo(exact).min)
    weights = scores.unsqueeze(2).softmax(dim=2).squeeze(2).masked_fill(~allowed, 0)
    return (weights @ v.to(exact)).to(q.dtype)
