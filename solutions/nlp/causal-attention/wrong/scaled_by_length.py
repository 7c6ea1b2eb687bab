"""Scales by the number of keys instead of the width."""

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
    scores = q.to(exact) @ k.to(exact).mT / math.sqrt(keys)
    scores = scores.masked_fill(~allowed, torch.finfo(exact).min)
    weights = scores.softmax(dim=-1).masked_fill(~allowed, 0)
    return (weights @ v.to(exact)).to(q.dtype)
