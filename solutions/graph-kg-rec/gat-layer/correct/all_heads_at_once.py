"""All heads in one product, masked by the graph."""

import torch


def gat(X, A, W, a_src, a_dst, slope, concat=True):
    """Return what each node hears, and how much it listens to each other."""
    n = len(X)
    if tuple(A.shape) != (n, n):
        raise ValueError(f"A must have shape {(n, n)}, not {tuple(A.shape)}")
    listens = (A != 0) | torch.eye(n, dtype=torch.bool, device=A.device)
    Z = X @ W  # (H, N, D)
    by_dst = (Z * a_dst[:, None]).sum(dim=2)
    by_src = (Z * a_src[:, None]).sum(dim=2)
    logits = by_dst[:, :, None] + by_src[:, None, :]
    logits = torch.where(logits > 0, logits, slope * logits)
    alpha = torch.softmax(logits.masked_fill(~listens, float("-inf")), dim=2)
    heads = alpha @ Z
    if concat:
        return heads.permute(1, 0, 2).reshape(n, -1), alpha
    return heads.mean(dim=0), alpha
