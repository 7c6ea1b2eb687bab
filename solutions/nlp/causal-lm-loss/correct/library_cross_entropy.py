"""The predictions that count are picked by their mask before the cross-entropy of the library sees them."""

import math

import torch
import torch.nn.functional as F


def _predictions(logits, ids, mask):
    """Return the logits (N, V) and the targets (N,) of the predictions that count."""
    shape = logits.shape[:2]
    if ids.shape != shape or mask.shape != shape:
        raise ValueError("ids and mask must have the shape (B, T)")
    real = mask != 0
    counts = real[:, :-1] & real[:, 1:]
    return logits[:, :-1][counts], ids[:, 1:][counts]


def causal_lm_loss(logits, ids, mask):
    """Return the mean loss of the predictions that count."""
    chosen, targets = _predictions(logits, ids, mask)
    if len(targets) == 0:
        raise ValueError("no prediction counts")
    if chosen.dtype != torch.float64:
        chosen = chosen.float()
    return F.cross_entropy(chosen, targets)


def perplexity(batches):
    """Return the perplexity of all batches together."""
    total, count = 0.0, 0
    for logits, ids, mask in batches:
        with torch.no_grad():
            chosen, targets = _predictions(logits, ids, mask)
            if len(targets):
                total += F.cross_entropy(chosen.double(), targets, reduction="sum").item()
                count += len(targets)
        # Let go of the batch before the next one is made.
        del logits, ids, mask, chosen, targets
    if count == 0:
        raise ValueError("no prediction counts")
    try:
        return math.exp(total / count)
    except OverflowError:
        return math.inf
