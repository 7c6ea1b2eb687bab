"""Meta-learning: write both functions."""

from collections.abc import Callable

import torch

Params = dict[str, torch.Tensor]
Loss = Callable[[Params], torch.Tensor]


def inner(params: Params, loss_fn: Loss, lr: float, steps: int, first_order: bool = False) -> Params:
    """Return the parameters after some steps on one task."""
    # Write: steps that can be differentiated.


def meta_grad(
    params: Params, tasks: list[tuple[Loss, Loss]], lr: float, steps: int, first_order: bool = False
) -> tuple[Params, float]:
    """Return the gradient of the meta-objective, and its value."""
    # Write: adapt to each task, ask its query loss, differentiate the mean.
