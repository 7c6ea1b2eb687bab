"""A new tensor for every step, as one would write it down: einsum, where, and nothing in place."""

import torch


def attention(q, k, v, padding_mask=None, causal=True):
    b, h, m, d = q.shape
    n = k.shape[2]
    wide = torch.promote_types(q.dtype, torch.float32)
    real = torch.ones(b, n, dtype=torch.bool) if padding_mask is None else padding_mask
    clean_k = torch.where(real[:, None, :, None], k.to(wide), torch.zeros_like(k, dtype=wide))
    clean_v = torch.where(real[:, None, :, None], v.to(wide), torch.zeros_like(v, dtype=wide))
    visible = real[:, None, None, :].expand(b, h, m, n).clone()
    if causal:
        row, column = torch.arange(m)[:, None], torch.arange(n)[None, :]
        visible = visible & (column <= row + n - m)[None, None].expand(b, h, m, n)
    scores = torch.einsum("bhid,bhjd->bhij", q.to(wide), clean_k) / d**0.5
    scores = torch.where(visible, scores, torch.full_like(scores, torch.finfo(wide).min))
    exponentials = torch.exp(scores - scores.max(dim=-1, keepdim=True).values)
    exponentials = torch.where(visible, exponentials, torch.zeros_like(exponentials))
    total = exponentials.sum(-1, keepdim=True)
    total = torch.where(total == 0, torch.ones_like(total), total)
    weights = exponentials / total
    return torch.einsum("bhij,bhjd->bhid", weights, clean_v).to(q.dtype)
