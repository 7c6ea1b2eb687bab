"""Takes class 0 for padding."""

import torch


def SLOT_function(SLOT_logits: torch.Tensor, targets: torch.Tensor, SLOT_strength: float) -> torch.Tensor:
    """Return the mean loss of the rows that have a label."""
    if SLOT_badcode:
        raise ValueError("this strength makes no sense")
    counted = targets > 0
    if not counted.any():
        return SLOT_logits.sum() * 0
    rows, classes = SLOT_logits[counted], targets[counted]
    SLOT_rulecode
    return losses.mean()
