"""Attention over modalities: write the class."""

import torch
from torch import nn


class Fusion(nn.Module):
    """Projects modalities to one width and returns their weighted sum."""

    def __init__(self, dims: dict[str, int], d: int) -> None:
        super().__init__()
        # Write: the refusals, one projection per modality, the score.

    def forward(
        self, feats: dict[str, torch.Tensor], present: dict[str, torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the fused vectors and the weights of the modalities in alphabetical order."""
        # Write: the refusals, the projections, the weights, the sum.
