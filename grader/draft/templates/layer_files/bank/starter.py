"""SLOT_title."""

import torch


def SLOT_function(SLOT_hidden: torch.Tensor, gain: torch.Tensor, eps: float) -> torch.Tensor:
    """Return the rows, normalised and multiplied by `gain`."""
    return torch.zeros_like(SLOT_hidden)  # write your answer here
