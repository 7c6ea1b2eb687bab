"""Builds the levels from the inside out; losses and metrics go class by class."""

import torch
from torch import nn
from torch.nn.functional import conv2d


class Pair(nn.Module):
    """Two convolutions with ReLU."""

    def __init__(self, before, after):
        super().__init__()
        self.one = nn.Conv2d(before, after, 3, padding=1)
        self.two = nn.Conv2d(after, after, 3, padding=1)

    def forward(self, x):
        """Return maps of the same size."""
        for layer in (self.one, self.two):
            x = torch.relu(conv2d(x, layer.weight, layer.bias, padding=1))
        return x


class UNet(nn.Module):
    """All encoders first, then all decoders, each named by its place."""

    def __init__(self, in_ch, n_classes, base, depth):
        super().__init__()
        if in_ch < 1 or n_classes < 2 or base < 1 or depth < 1:
            raise ValueError("bad sizes")
        self.depth = depth
        for level in range(depth + 1):
            before = in_ch if level == 0 else base << (level - 1)
            self.add_module(f"down{level}", Pair(before, base << level))
        for level in reversed(range(depth)):
            self.add_module(f"up{level}", Pair((base << level) + (base << (level + 1)), base << level))
        self.last = nn.Conv2d(base, n_classes, kernel_size=1)

    def _level(self, x, level):
        x = getattr(self, f"down{level}")(x)
        if level == self.depth:
            return x
        height, width = x.shape[-2:]
        inner = self._level(nn.functional.max_pool2d(x, 2, 2), level + 1)
        rows = torch.arange(height) * inner.shape[-2] // height
        columns = torch.arange(width) * inner.shape[-1] // width
        grown = inner[:, :, rows][:, :, :, columns]
        return getattr(self, f"up{level}")(torch.cat((x, grown), dim=1))

    def forward(self, x):
        """Return logits of the same height and width."""
        if x.shape[2] < 2**self.depth or x.shape[3] < 2**self.depth:
            raise ValueError("image too small")
        return self.last(self._level(x, 0))


def _check(labels, shape, classes):
    bad = tuple(labels.shape) != tuple(shape) or labels.dtype != torch.long or 0 in labels.shape
    if bad or not bool(((labels >= 0) & (labels < classes)).all()):
        raise ValueError("bad labels")


def dice_loss(logits, y):
    """Return one minus the mean soft Dice coefficient of all classes."""
    b, k, h, w = logits.shape
    _check(y, (b, h, w), k)
    p = torch.softmax(logits, dim=1)
    scores = []
    for c in range(k):
        mine, true = p[:, c], (y == c).to(p.dtype)
        scores.append((2 * (mine * true).sum() + 1) / (mine.sum() + true.sum() + 1))
    return 1 - torch.stack(scores).mean()


def mean_iou(pred, y, n_classes):
    """Return the mean IoU of the classes that occur in the prediction or in the truth."""
    _check(pred, y.shape, n_classes)
    _check(y, pred.shape, n_classes)
    values = []
    for c in range(n_classes):
        union = int(((pred == c) | (y == c)).sum())
        if union:
            values.append(int(((pred == c) & (y == c)).sum()) / union)
    return sum(values) / len(values)
