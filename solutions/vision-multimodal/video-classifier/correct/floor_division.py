"""Borders and middles by floor division of whole numbers, axes by permute, layers by torch."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def sample_frames(n: int, k: int, mode: str = "uniform", rng: np.random.Generator | None = None) -> list[int]:
    """Return one frame of each of k equal segments of a video of n frames."""
    if n < 1 or k < 1:
        raise ValueError("n and k must be at least 1")
    n, k = int(n), int(k)
    if mode == "uniform":
        return [(2 * i + 1) * n // (2 * k) for i in range(k)]
    if mode != "random":
        raise ValueError(f"unknown mode {mode!r}")
    if rng is None:
        raise ValueError("random frames need a generator")
    border = [i * n // k for i in range(k + 1)]
    return [int(rng.integers(a, b)) if a < b else a for a, b in zip(border, border[1:])]


def to_clip(frames: torch.Tensor) -> torch.Tensor:
    """Return float32 clips of shape (B, C, T, H, W)."""
    if frames.dtype != torch.uint8:
        raise ValueError("frames must be uint8")
    if frames.dim() == 4:
        clip = frames.unsqueeze(1)
    elif frames.dim() == 5:
        clip = frames.permute(0, 4, 1, 2, 3)
    else:
        raise ValueError("frames must have four or five axes")
    return clip.contiguous().to(torch.float32) / 255


class VideoNet(nn.Module):
    """Two convolutions over time and space, the mean over both, and a linear layer."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        if n_classes < 2:
            raise ValueError("at least two classes are needed")
        self.conv1 = nn.Conv3d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv3d(8, 16, 3, padding=1)
        self.linear = nn.Linear(16, n_classes)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        if clip.dim() != 5 or clip.shape[1] != 1:
            raise ValueError("clips must have shape (B, 1, T, H, W)")
        if clip.shape[3] < 2 or clip.shape[4] < 2:
            raise ValueError("frames must have at least 2 rows and columns")
        x = F.relu(self.conv1(clip))
        x = F.max_pool3d(x, kernel_size=(1, 2, 2), stride=(1, 2, 2))
        x = F.relu(self.conv2(x))
        return self.linear(x.mean(dim=(2, 3, 4)))
