"""By the logarithm of the sum of exponentials, and a sum over a mask."""

import math

import torch


def SLOT_function(SLOT_logits, targets, SLOT_strength):
    if SLOT_badcode:
        raise ValueError("no such loss")
    counted = targets >= 0
    rows, classes = SLOT_logits, targets.clamp(min=0)
    whole, picked = torch.logsumexp(rows, -1), rows[torch.arange(len(rows)), classes]
    SLOT_shortcode
    kept = losses.masked_fill(~counted, 0)
    return kept.sum() / max(int(counted.sum()), 1)
