"""SLOT_title."""

import torch


def SLOT_function(
    SLOT_query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, SLOT_limit: SLOT_kind
) -> torch.Tensor:
    """Return for each position the mean of the values it sees, weighted by attention."""
    return torch.zeros_like(value)  # write your answer here
