"""Shifts the products before they are scaled; float32 is computed in float64."""

import math

import torch


def attention(q, k, v, padding_mask=None, causal=True):
    """Return the attended values, (B, H, Tq, Dv)."""
    dtype = q.dtype
    # Half precision is computed in float32. float32 goes through float64: scores may be far beyond 1000.
    work = torch.float32 if dtype in (torch.float16, torch.bfloat16) else torch.float64
    n_queries, n_keys = q.shape[-2], k.shape[-2]

    sees = torch.ones(n_queries, n_keys, dtype=torch.bool, device=q.device)
    if causal:
        sees = sees.tril(n_keys - n_queries)
    if padding_mask is not None:
        padded = ~padding_mask[:, None, :, None]
        k, v = k.masked_fill(padded, 0), v.masked_fill(padded, 0)
        sees = sees & padding_mask[:, None, None, :]

    q, k, v = q.to(work), k.to(work), v.to(work)
    products = (q @ k.transpose(-1, -2)).masked_fill(~sees, -math.inf)
    largest = products.detach().amax(dim=-1, keepdim=True)
    largest = largest.masked_fill(largest == -math.inf, 0)  # a query that sees nothing
    # Subtract before scaling: whole products stay exact that way.
    powers = torch.exp((products - largest) / math.sqrt(q.shape[-1]))
    total = powers.sum(dim=-1, keepdim=True)
    weights = powers / total.masked_fill(total == 0, 1)
    return (weights @ v).to(dtype)
