"""Looks at the mask in the causal case only."""

import math

import torch


def attention(q, k, v, padding_mask=None, causal=True):
    queries, keys = q.shape[-2], k.shape[-2]
    allowed = torch.ones(queries, keys, dtype=torch.bool, device=q.device)
    if causal:
        allowed = allowed.tril(keys - queries)
        if padding_mask is not None:
            allowed = allowed & padding_mask[:, None, None, :]
    if padding_mask is not None:
        padding = ~padding_mask[:, None, :, None]
        k, v = k.masked_fill(padding, 0), v.masked_fill(padding, 0)
    exact = torch.promote_types(q.dtype, torch.float32)
    scores = q.to(exact) @ k.to(exact).transpose(-2, -1) / math.sqrt(q.shape[-1])
    scores = scores.masked_fill(~allowed, torch.finfo(exact).min)
    weights = scores.softmax(dim=-1).masked_fill(~allowed, 0)
    return (weights @ v.to(exact)).to(q.dtype)
