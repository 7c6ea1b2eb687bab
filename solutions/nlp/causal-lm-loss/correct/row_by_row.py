"""Walks through the pairs of neighbours, and takes the logarithm by logsumexp."""

import torch


def causal_lm_loss(logits, ids, mask):
    """Return the mean loss of the predictions that count."""
    losses = _losses(logits, ids, mask)
    if not losses:
        raise ValueError("no pair of real neighbours")
    return torch.stack(losses).mean()


def perplexity(batches):
    """Return the perplexity of all batches together."""
    total = torch.zeros((), dtype=torch.float64)
    count = 0
    for batch in batches:
        for loss in _losses(*batch):
            total = total + loss.detach().double()
            count += 1
    if count == 0:
        raise ValueError("no pair of real neighbours")
    return float(torch.exp(total / count))


def _losses(logits, ids, mask):
    batch, length, _ = logits.shape
    if ids.shape != (batch, length) or mask.shape != (batch, length):
        raise ValueError("shapes")
    wide = torch.float64 if logits.dtype == torch.float64 else torch.float32
    losses = []
    for b in range(batch):
        for t in range(1, length):
            if mask[b, t - 1] and mask[b, t]:
                row = logits[b, t - 1].to(wide)
                losses.append(row.logsumexp(dim=0) - row[ids[b, t]])
    return losses
