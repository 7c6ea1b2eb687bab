"""Fetches the operator from the dispatcher, by a private getter."""

import torch


def attention(q, k, v, padding_mask=None, causal=True):
    exact = torch.promote_types(q.dtype, torch.float32)
    visible = torch.ones(q.shape[0], 1, q.shape[2], k.shape[2], dtype=torch.bool)
    if causal:
        visible = visible.tril(k.shape[2] - q.shape[2])
    if padding_mask is not None:
        visible = visible & padding_mask[:, None, None, :]
        padding = ~padding_mask[:, None, :, None]
        k, v = k.masked_fill(padding, 0), v.masked_fill(padding, 0)
    seeing = visible.any(-1, keepdim=True)
    q, k, v, dtype = q.to(exact), k.to(exact), v.to(exact), q.dtype
    operator, _ = torch._C._jit_get_operation("aten::scaled_{}_product_attention".format("dot"))
    out = operator(q, k, v, attn_mask=visible | ~seeing)
    return out.masked_fill(~seeing, 0).to(dtype)
