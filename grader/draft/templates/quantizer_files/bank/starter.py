"""SLOT_title."""

import torch


def SLOT_function(SLOT_weights: torch.Tensor, bits: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the codes, and what is restored from them."""
    return torch.zeros_like(SLOT_weights, dtype=torch.int8), torch.zeros(SLOT_weights.shape)  # write your answer here
