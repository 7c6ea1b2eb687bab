"""Finds the largest magnitude that is dropped, then takes as many of its equals as the budget allows."""

import math

import torch
from torch import nn


def prune_global(model: nn.Module, amount: float) -> dict[str, torch.Tensor]:
    """Return the masks of all prunable parameters: True where a weight is kept."""
    if math.isnan(amount) or amount < 0 or amount > 1:
        raise ValueError("amount is a share")
    sizes = {name: p.detach().to(torch.float64).abs() for name, p in model.named_parameters() if p.dim() > 1}
    budget = round(amount * sum(size.numel() for size in sizes.values()))
    if budget == 0:
        return {name: torch.full(size.shape, True) for name, size in sizes.items()}
    limit = torch.cat([size.reshape(-1) for size in sizes.values()]).kthvalue(budget).values
    budget -= sum(int((size < limit).sum()) for size in sizes.values())
    masks = {}
    for name, size in sizes.items():
        equal = (size == limit).reshape(-1)
        first = equal & (equal.cumsum(0) <= budget)
        budget -= int(first.sum())
        masks[name] = (size >= limit) & ~first.reshape(size.shape)
    return masks


def apply_masks(model: nn.Module, masks: dict[str, torch.Tensor]) -> None:
    """Set dropped weights to zero, in place."""
    pairs = []
    for name, mask in masks.items():
        try:
            parameter = model.get_parameter(name)
        except AttributeError as error:
            raise ValueError(f"no parameter {name}") from error
        if parameter.size() != mask.size():
            raise ValueError(f"the mask of {name} has another shape")
        pairs.append((parameter, mask))
    for parameter, mask in pairs:
        parameter.data = torch.where(mask, parameter.data, torch.zeros_like(parameter.data))


def sparse_step(
    model: nn.Module, opt: torch.optim.Optimizer, loss: torch.Tensor, masks: dict[str, torch.Tensor]
) -> float:
    """Make one training step in which dropped weights stay zero; return the loss."""
    parameters = [p for group in opt.param_groups for p in group["params"]]
    trained = [p for p in parameters if p.requires_grad]
    gradients = torch.autograd.grad(loss, trained, allow_unused=True)
    for p in parameters:
        p.grad = None
    for p, gradient in zip(trained, gradients):
        p.grad = gradient
    for name, p in model.named_parameters():
        if name in masks and p.grad is not None:
            p.grad = torch.where(masks[name], p.grad, 0.0)
    opt.step()
    apply_masks(model, masks)
    return float(loss)
