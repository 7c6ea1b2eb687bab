"""Labels of -100 where nothing counts, as libraries have it; NaN is replaced before the logarithm."""

import math

import torch
import torch.nn.functional as F


def causal_lm_loss(logits, ids, mask):
    """Return the mean loss of the predictions that count."""
    total, count = _sum(logits, ids, mask)
    if not count:
        raise ValueError("nothing to predict")
    return total / count


def perplexity(batches):
    """Return the perplexity of all batches together."""
    sums = [_plain(*batch) for batch in batches]
    count = sum(number for _, number in sums)
    if not count:
        raise ValueError("nothing to predict")
    try:
        return math.exp(math.fsum(total for total, _ in sums) / count)
    except OverflowError:
        return math.inf


def _plain(logits, ids, mask):
    total, count = _sum(logits.detach(), ids, mask)
    return float(total), count


def _sum(logits, ids, mask):
    """Return the sum of the losses, and how many there are."""
    if tuple(ids.shape) != tuple(logits.shape[:-1]) or tuple(mask.shape) != tuple(ids.shape):
        raise ValueError("shapes")
    if logits.dtype != torch.float64:
        logits = logits.float()
    nothing = (mask == 0) | (mask.roll(-1, dims=1) == 0)
    nothing[:, -1] = True
    labels = ids.roll(-1, dims=1).masked_fill(nothing, -100)
    safe = torch.where(nothing.unsqueeze(-1), torch.zeros_like(logits), logits)
    total = F.cross_entropy(safe.transpose(1, 2), labels, ignore_index=-100, reduction="sum")
    return total, int((~nothing).sum())
