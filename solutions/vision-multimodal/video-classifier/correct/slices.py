"""Counts frames with divmod, stacks channels, and averages by sums."""

import numpy as np
import torch
from torch import nn


def sample_frames(n: int, k: int, mode: str = "uniform", rng: np.random.Generator | None = None) -> list[int]:
    """Return one frame of each of k equal segments of a video of n frames."""
    if n < 1 or k < 1:
        raise ValueError("there must be frames")
    if mode == "random":
        if rng is None:
            raise ValueError("a generator is needed")
        chosen = []
        first = 0
        for i in range(1, k + 1):
            last = divmod(i * n, k)[0]
            chosen.append(first if last == first else int(rng.integers(first, high=last)))
            first = last
        return chosen
    if mode != "uniform":
        raise ValueError("unknown mode")
    return [divmod(n * odd, 2 * k)[0] for odd in range(1, 2 * k, 2)]


def to_clip(frames: torch.Tensor) -> torch.Tensor:
    """Return float32 clips of shape (B, C, T, H, W)."""
    if frames.dtype is not torch.uint8:
        raise ValueError("bytes are needed")
    if frames.dim() == 4:
        return frames.unsqueeze(1).float().div(255)
    if frames.dim() == 5:
        return frames.permute(0, 4, 1, 2, 3).contiguous().to(torch.float32) / 255.0
    raise ValueError("four or five axes are needed")


class VideoNet(nn.Module):
    """Two convolutions over time and space, the mean over both, and a linear layer."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        if not n_classes >= 2:
            raise ValueError("too few classes")
        self.early = nn.Conv3d(1, 8, kernel_size=(3, 3, 3), padding=(1, 1, 1))
        self.late = nn.Conv3d(8, 16, kernel_size=(3, 3, 3), padding=(1, 1, 1))
        self.head = nn.Linear(16, n_classes)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        if clip.dim() != 5 or clip.size(1) != 1 or clip.size(3) < 2 or clip.size(4) < 2:
            raise ValueError("bad clip")
        batch, _, steps = clip.shape[:3]
        maps = torch.relu(self.early(clip)).transpose(1, 2).flatten(0, 1)
        maps = torch.max_pool2d(maps, 2).unflatten(0, (batch, steps)).transpose(1, 2)
        maps = torch.relu(self.late(maps))
        return self.head(maps.mean(dim=(2, 3, 4)))
