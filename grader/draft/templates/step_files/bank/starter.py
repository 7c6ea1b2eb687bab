"""SLOT_title."""

import torch
from torch import nn


def SLOT_function(
    SLOT_model: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor, limit: float
) -> float:
    """Learn from one batch; return its loss before the step."""
    return 0.0  # write your answer here
