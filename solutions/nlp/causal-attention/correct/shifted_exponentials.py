"""Softmax by hand: shifted by the largest visible score of each row, divided at the very end."""

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
    scores = (q.to(wide) * d**-0.5) @ k.to(wide).mT
    scores = scores.masked_fill(hidden, torch.finfo(wide).min)
    exponentials = (scores - scores.detach().amax(-1, keepdim=True)).exp_()
    out = exponentials @ v.to(wide) / exponentials.sum(-1, keepdim=True)
    return out.masked_fill(hidden.all(-1, keepdim=True), 0).to(q.dtype)
