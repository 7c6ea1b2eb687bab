"""Policy gradients: write three functions."""

import torch


def returns(r: torch.Tensor, done: torch.Tensor, gamma: float, bootstrap: torch.Tensor) -> torch.Tensor:
    """Return how well each step turned out."""
    # Write: the refusals, and a sum from the end to the beginning.


def gae(
    r: torch.Tensor, v: torch.Tensor, done: torch.Tensor, gamma: float, lam: float, bootstrap: torch.Tensor
) -> torch.Tensor:
    """Return how much better than expected each step turned out."""
    # Write: the errors, and their sum.


def reinforce_loss(logp: torch.Tensor, adv: torch.Tensor, entropy: torch.Tensor, beta: float) -> torch.Tensor:
    """Return the loss that makes good actions more probable."""
    # Write: both parts, and what is a constant.
