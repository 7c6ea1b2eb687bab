"""Actors that act alone, critics that see everybody: write four functions."""

from collections.abc import Callable

import torch
from torch import nn


def joint_inputs(obs: list[torch.Tensor], acts: list[torch.Tensor]) -> torch.Tensor:
    """Put observations and actions of all agents side by side."""
    # Write: the refusals and the order.


def maddpg_targets(
    r: torch.Tensor,
    done: torch.Tensor,
    next_obs: list[torch.Tensor],
    target_actors: list[nn.Module],
    target_critics: list[nn.Module],
    gamma: float,
) -> torch.Tensor:
    """Return what each critic should say."""
    # Write: everybody's next actions, each critic's value, the end.


def actor_step(
    i: int,
    actors: list[nn.Module],
    critics: list[nn.Module],
    obs: list[torch.Tensor],
    acts: list[torch.Tensor],
    opt: torch.optim.Optimizer,
) -> float:
    """Teach one actor by its critic, and return the loss."""
    # Write: the actions, the loss, a step that touches one network only.


def play(env, policies: list[Callable], max_steps: int) -> tuple[list[float], int]:
    """Play one episode."""
    # Write: the loop and the two ways it ends.
