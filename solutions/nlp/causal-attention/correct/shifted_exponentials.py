"""Softmax by hand: shifted by the largest visible score of each row, and a denominator that is never zero."""

import torch


def attention(q, k, v, padding_mask=None, causal=True):
    batch, heads, t_q, d = q.shape
    t_k = k.shape[2]
    hidden = torch.zeros(batch, 1, t_q, t_k, dtype=torch.bool, device=q.device)
    if causal:
        position = torch.arange(t_q, device=q.device) + (t_k - t_q)
        hidden = hidden | (torch.arange(t_k, device=q.device) > position[:, None])
    if padding_mask is not None:
        real = padding_mask.reshape(batch, 1, t_k, 1)
        k = torch.where(real, k, torch.zeros_like(k))
        v = torch.where(real, v, torch.zeros_like(v))
        hidden = hidden | ~padding_mask.reshape(batch, 1, 1, t_k)

    wide = torch.float64 if q.dtype == torch.float64 else torch.float32
    scores = torch.einsum("bhid,bhjd->bhij", q.to(wide) * d**-0.5, k.to(wide))
    top = scores.detach().masked_fill(hidden, -torch.inf).amax(-1, keepdim=True)
    top = torch.where(torch.isinf(top), torch.zeros_like(top), top)
    shifted = torch.where(hidden, torch.zeros_like(scores), scores - top)
    exponentials = torch.where(hidden, torch.zeros_like(scores), shifted.exp())
    total = exponentials.sum(-1, keepdim=True)
    total = torch.where(total == 0, torch.ones_like(total), total)
    return torch.einsum("bhij,bhjd->bhid", exponentials / total, v.to(wide)).to(q.dtype)
