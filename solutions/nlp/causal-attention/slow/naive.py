"""One query after the other, for every head of every sequence."""

import math

import torch


def attention(q, k, v, padding_mask=None, causal=True):
    batch, heads, queries, width = q.shape
    keys = k.shape[2]
    exact = torch.promote_types(q.dtype, torch.float32)
    sequences = []
    for b in range(batch):
        real = torch.ones(keys, dtype=torch.bool) if padding_mask is None else padding_mask[b]
        everything_is_real = bool(real.all())
        rows = []
        for h in range(heads):
            for i in range(queries):
                end = max(0, i + 1 + keys - queries) if causal else keys
                seen_k, seen_v = k[b, h, :end].to(exact), v[b, h, :end].to(exact)
                if not everything_is_real:
                    seen_k, seen_v = seen_k[real[:end]], seen_v[real[:end]]
                if len(seen_k) == 0:
                    rows.append(q[b, h, i, :1].to(exact) * v.new_zeros(v.shape[-1]))
                    continue
                scores = seen_k @ q[b, h, i].to(exact) / math.sqrt(width)
                weights = (scores - scores.max()).exp()
                rows.append(weights / weights.sum() @ seen_v)
        sequences.append(torch.stack(rows).reshape(heads, queries, -1))
    return torch.stack(sequences).to(q.dtype)
