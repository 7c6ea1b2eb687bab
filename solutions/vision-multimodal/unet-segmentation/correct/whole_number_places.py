"""Enlarges by whole-number places, and counts what occurs class by class."""

import torch
from torch import nn
from torch.nn import functional as F


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.ReLU(),
    )


def _enlarge(x: torch.Tensor, axis: int, new: int) -> torch.Tensor:
    # In whole numbers: interpolate() calculates the places in floating point.
    rows = torch.arange(new, device=x.device) * x.shape[axis] // new
    return x.index_select(axis, rows)


class UNet(nn.Module):
    """Encoder and decoder with skip connections."""

    def __init__(self, in_ch: int, n_classes: int, base: int, depth: int) -> None:
        super().__init__()
        if min(in_ch, base, depth) < 1 or n_classes < 2:
            raise ValueError("in_ch, base and depth must be at least 1, n_classes at least 2")
        self.depth = depth
        width = [base * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(_block(a, b) for a, b in zip([in_ch, *width], width))
        self.up = nn.ModuleList(_block(width[i] + width[i + 1], width[i]) for i in reversed(range(depth)))
        self.head = nn.Conv2d(base, n_classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits of the same height and width."""
        if min(x.shape[-2:]) < 2**self.depth:
            raise ValueError(f"height and width must be at least {2**self.depth}")
        results = []
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if level else x)
            results.append(x)
        x = results.pop()
        for block in self.up:
            skip = results.pop()
            x = _enlarge(_enlarge(x, 2, skip.shape[2]), 3, skip.shape[3])
            x = block(torch.cat([skip, x], dim=1))
        return self.head(x)


def _check_labels(labels: torch.Tensor, shape: torch.Size, n_classes: int) -> None:
    if labels.dtype != torch.int64 or labels.shape != shape:
        raise ValueError("labels have a wrong dtype or shape")
    if labels.numel() == 0:
        raise ValueError("there are no labels")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise ValueError("a label is no class")


def dice_loss(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return one minus the mean soft Dice coefficient of all classes."""
    if logits.dim() != 4:
        raise ValueError("logits must have the shape (B, K, H, W)")
    batch, classes, height, width = logits.shape
    _check_labels(y, torch.Size([batch, height, width]), classes)
    p = logits.softmax(dim=1)
    t = F.one_hot(y, classes).permute(0, 3, 1, 2).to(p.dtype)
    places = (0, 2, 3)
    dice = (2 * (p * t).sum(places) + 1) / (p.sum(places) + t.sum(places) + 1)
    return 1 - dice.mean()


def mean_iou(pred: torch.Tensor, y: torch.Tensor, n_classes: int) -> float:
    """Return the mean IoU of the classes that occur in the prediction or in the truth."""
    _check_labels(pred, y.shape, n_classes)
    _check_labels(y, pred.shape, n_classes)
    pred, y = pred.flatten(), y.flatten()
    both = torch.bincount(pred[pred == y], minlength=n_classes)
    either = torch.bincount(pred, minlength=n_classes) + torch.bincount(y, minlength=n_classes) - both
    occurs = either > 0
    return float((both[occurs].double() / either[occurs]).mean())
