"""SLOT_title."""

import torch


def SLOT_function(SLOT_logits: torch.Tensor, targets: torch.Tensor, SLOT_strength: float) -> torch.Tensor:
    """Return the mean loss of the rows that have a label."""
    return SLOT_logits.sum()  # write your answer here
