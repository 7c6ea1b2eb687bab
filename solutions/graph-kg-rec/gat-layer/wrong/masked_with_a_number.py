"""Mistake: the logit of those who are not heard is -100."""

import torch
from torch.nn import functional as F


def gat(X, A, W, a_src, a_dst, slope, concat=True):
    """Return what each node hears, and how much it listens to each other."""
    n = len(X)
    if A.shape != (n, n):
        raise ValueError("need a row and a column for each node")
    Z = X @ W
    target, source = Z @ a_dst[:, :, None], Z @ a_src[:, :, None]
    logits = F.leaky_relu(target + source.mT, slope)
    heard = (A != 0) | torch.eye(n, dtype=torch.bool)
    alpha = logits.masked_fill(~heard, -100.0).softmax(dim=-1)
    out = alpha @ Z
    return out.transpose(0, 1).flatten(1) if concat else out.mean(dim=0), alpha
