"""Frames, clips and a network over time: write both functions and the class."""

import numpy as np
import torch
from torch import nn


def sample_frames(n: int, k: int, mode: str = "uniform", rng: np.random.Generator | None = None) -> list[int]:
    """Return one frame of each of k equal segments of a video of n frames."""
    # Write: the refusals, both modes.


def to_clip(frames: torch.Tensor) -> torch.Tensor:
    """Return float32 clips of shape (B, C, T, H, W)."""
    # Write: the refusals, the order of axes, the scale.


class VideoNet(nn.Module):
    """Two convolutions over time and space, the mean over both, and a linear layer."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        # Write: the refusals, the layers.

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        # Write: the refusals, the way through the layers.
