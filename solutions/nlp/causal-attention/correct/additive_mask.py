"""Minus infinity added to hidden scores; rows that see nothing are opened first and emptied at the end."""

import torch


def attention(q, k, v, padding_mask=None, causal=True):
    dtype = q.dtype
    if dtype in (torch.float16, torch.bfloat16):
        q, k, v = q.float(), k.float(), v.float()
    b, h, m, d = q.shape
    n = k.size(2)
    visible = torch.ones(b, 1, m, n, dtype=torch.bool, device=q.device)
    if padding_mask is not None:
        visible &= padding_mask.view(b, 1, 1, n)
        k = k.masked_fill(~padding_mask.view(b, 1, n, 1), 0.0)
        v = v.masked_fill(~padding_mask.view(b, 1, n, 1), 0.0)
    if causal:
        visible &= ~torch.ones(m, n, dtype=torch.bool, device=q.device).triu(n - m + 1)
    seeing = visible.any(-1, keepdim=True)
    bias = torch.zeros(b, 1, m, n, dtype=q.dtype, device=q.device)
    bias = bias.masked_fill(~visible & seeing, float("-inf"))
    log_weights = torch.log_softmax(torch.matmul(q / d**0.5, k.mT) + bias, dim=-1)
    out = torch.matmul(log_weights.exp(), v)
    return torch.where(seeing, out, torch.zeros_like(out)).to(dtype)
