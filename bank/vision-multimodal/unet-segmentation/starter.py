"""A U-Net, Dice loss and mean IoU: write the class and both functions."""

import torch
from torch import nn


class UNet(nn.Module):
    """Encoder and decoder with skip connections."""

    def __init__(self, in_ch: int, n_classes: int, base: int, depth: int) -> None:
        super().__init__()
        # Write: the refusals, the blocks down and up, the head.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits of the same height and width."""
        # Write: the way down, the way up.


def dice_loss(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return one minus the mean soft Dice coefficient of all classes."""
    # Write: the refusals, the coefficients.


def mean_iou(pred: torch.Tensor, y: torch.Tensor, n_classes: int) -> float:
    """Return the mean IoU of the classes that occur in the prediction or in the truth."""
    # Write: the refusals, the counts, the mean.
