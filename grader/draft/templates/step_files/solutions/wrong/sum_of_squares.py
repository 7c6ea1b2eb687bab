"""Takes the sum of the squares."""

import torch
from torch import nn


def SLOT_function(
    SLOT_model: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor, limit: float
) -> float:
    """Learn from one batch; return its loss before the step."""
    if not limit > 0:
        raise ValueError("the limit is above 0")
    optimizer.zero_grad()
    loss = (SLOT_model(x) - y).square().sum()
    loss.backward()
    gradients = [each.grad for each in SLOT_model.parameters() if each.grad is not None]
    SLOT_rulecode
    return float(loss)
