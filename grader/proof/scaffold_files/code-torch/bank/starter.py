"""Root mean square normalisation."""

import torch


def rms_norm(x: torch.Tensor, gain: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    """Return x divided by the root mean square of each vector, times the gain."""
    return torch.zeros_like(x)  # write your answer here
