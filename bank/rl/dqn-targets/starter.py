"""Learning the values of actions with a target network: write four functions."""

import torch
from torch import nn


def targets(
    r: torch.Tensor,
    terminated: torch.Tensor,
    q_next: torch.Tensor,
    gamma: float,
    q_next_online: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return what the values of the chosen actions should be."""
    # Write: the refusals, the value of what comes next, the end.


def act(net: nn.Module, obs: torch.Tensor) -> int:
    """Return the best action for one observation."""
    # Write: a batch of one, and its best action.


def dqn_step(
    net: nn.Module,
    target_net: nn.Module,
    batch: tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor],
    gamma: float,
    opt: torch.optim.Optimizer,
    double: bool = False,
) -> float:
    """Take one step of learning, and return the loss."""
    # Write: constant targets, the values of the actions taken, the step.


def sync(net: nn.Module, target_net: nn.Module, tau: float) -> None:
    """Move the target network towards the network."""
    # Write: the refusals, parameters, buffers.
