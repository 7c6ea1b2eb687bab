"""Mistake: the ids at padding are looked up before they are discarded."""

import torch
from torch.nn.functional import cross_entropy


def causal_lm_loss(logits, ids, mask):
    """Return the mean loss of the predictions that count."""
    predictions, targets = _predictions(logits, ids, mask)
    if len(targets) == 0:
        raise ValueError("no prediction counts")
    counts = mask.bool()[:, :-1] & mask.bool()[:, 1:]
    wide = logits.to(torch.promote_types(logits.dtype, torch.float32))[:, :-1]
    logp = wide.masked_fill(~counts[:, :, None], 0).log_softmax(dim=-1)
    return -logp.gather(2, ids[:, 1:, None])[:, :, 0][counts].mean()


def perplexity(batches):
    """Return the perplexity of all batches together."""
    total, count = 0.0, 0
    for logits, ids, mask in batches:
        predictions, targets = _predictions(logits, ids, mask)
        # a float holds no graph, which would keep every batch in memory
        total += cross_entropy(predictions, targets, reduction="sum").item()
        count += len(targets)
    if count == 0:
        raise ValueError("no prediction counts in any batch")
    # math.exp would raise where this gives infinity
    return torch.tensor(total / count, dtype=torch.float64).exp().item()


def _predictions(logits, ids, mask):
    """Return the logits that count, at least in single precision, and the tokens they predict."""
    if ids.shape != logits.shape[:2] or mask.shape != logits.shape[:2]:
        raise ValueError(f"logits {logits.shape}, ids {ids.shape} and mask {mask.shape} do not fit together")
    real = mask.bool()
    counts = real[:, :-1] & real[:, 1:]
    predictions = logits[:, :-1][counts]
    return predictions.to(torch.promote_types(logits.dtype, torch.float32)), ids[:, 1:][counts]
