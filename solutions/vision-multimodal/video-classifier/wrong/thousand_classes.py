"""Mistake: the head has the classes of another task."""

from itertools import pairwise

import torch
from torch import nn


def sample_frames(n, k, mode="uniform", rng=None):
    """Return one frame of each of k equal segments of a video of n frames."""
    if min(n, k) < 1 or mode not in ("uniform", "random") or (mode == "random" and rng is None):
        raise ValueError("there are no such frames")
    if mode == "uniform":
        return [(2 * i + 1) * n // (2 * k) for i in range(k)]
    borders = [i * n // k for i in range(k + 1)]
    return [int(rng.integers(first, last)) if first < last else first for first, last in pairwise(borders)]


def to_clip(frames):
    """Return float32 clips of shape (B, C, T, H, W) for uint8 frames of shape (B, T, H, W) or (B, T, H, W, C)."""
    if frames.dtype != torch.uint8 or frames.ndim not in (4, 5):
        raise ValueError("uint8 frames with four or five axes are needed")
    if frames.ndim == 4:
        frames = frames[..., None]
    return frames.movedim(-1, 1) / 255


class VideoNet(nn.Module):
    """Two convolutions over time and space, the mean over both, and a linear layer."""

    def __init__(self, n_classes):
        super().__init__()
        if n_classes < 2:
            raise ValueError("at least two classes are needed")
        self.layers = nn.Sequential(
            nn.Conv3d(1, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool3d((1, 2, 2)),
            nn.Conv3d(8, 16, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool3d(1),
            nn.Flatten(),
            nn.Linear(16, 400),
        )

    def forward(self, clip):
        """Return logits."""
        if clip.ndim != 5 or clip.shape[1] != 1 or min(clip.shape[3:]) < 2:
            raise ValueError("a clip has the shape (B, 1, T, H, W)")
        return self.layers(clip)
