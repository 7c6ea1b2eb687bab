"""All heads together, but one query after the other."""

import torch


def attention(q, k, v, padding_mask=None, causal=True):
    batch, heads, queries, width = q.shape
    keys = k.shape[2]
    exact = torch.promote_types(q.dtype, torch.float32)
    real = torch.ones(batch, keys, dtype=torch.bool) if padding_mask is None else padding_mask
    hidden = ~real[:, None, :, None]
    k, v = k.to(exact).masked_fill(hidden, 0), v.to(exact).masked_fill(hidden, 0)
    rows = []
    for i in range(queries):
        end = max(0, i + 1 + keys - queries) if causal else keys
        if end == 0:
            rows.append(q.to(exact)[:, :, i, :1] * 0 * v[:, :, 0])
            continue
        scores = (k[:, :, :end] * (q[:, :, i, None].to(exact) * width**-0.5)).sum(-1)
        seen = real[:, None, :end]
        weights = scores.masked_fill(~seen, torch.finfo(exact).min).softmax(dim=-1) * seen
        rows.append((weights[..., None] * v[:, :, :end]).sum(2))
    return torch.stack(rows, dim=2).to(q.dtype)
