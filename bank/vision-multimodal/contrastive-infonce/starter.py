"""NT-Xent: write both functions."""

import torch


def nt_xent(z1: torch.Tensor, z2: torch.Tensor, T: float) -> torch.Tensor:
    """Return the mean contrastive loss of all rows of both views."""
    # Write: the refusals, the similarities, the cross-entropy.


def value_and_slopes(z1: torch.Tensor, z2: torch.Tensor, T: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the loss and its gradients with respect to both views, detached."""
    # Write: the gradients, without touching the arguments.
