"""Mistake: the encoder's maps are added."""

import torch
from torch import nn
from torch.nn import functional as F


def block(in_ch, out_ch):
    """Return two convolutions with ReLU."""
    return nn.Sequential(
        nn.Conv2d(in_ch, out_ch, 3, padding=1), nn.ReLU(), nn.Conv2d(out_ch, out_ch, 3, padding=1), nn.ReLU()
    )


class UNet(nn.Module):
    """Encoder, bottom and decoder; each level of the decoder sees the encoder's maps of that level."""

    def __init__(self, in_ch, n_classes, base, depth):
        super().__init__()
        if min(in_ch, base, depth) < 1 or n_classes < 2:
            raise ValueError("there is no such network")
        widths = [base * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(map(block, [in_ch, *widths], widths))
        self.lift = nn.ModuleList(nn.Conv2d(2 * width, width, 1) for width in widths[-2::-1])
        self.up = nn.ModuleList(block(width, width) for width in widths[-2::-1])
        self.head = nn.Conv2d(base, n_classes, 1)

    def forward(self, x):
        """Return logits of the same height and width."""
        if min(x.shape[2:]) < 2 ** len(self.up):
            raise ValueError("the image is too small for so many levels")
        skips = [self.down[0](x)]
        for encode in self.down[1:]:
            skips.append(encode(F.max_pool2d(skips[-1], 2)))
        x = skips.pop()
        for lift, decode in zip(self.lift, self.up, strict=True):
            skip = skips.pop()
            x = decode(skip + F.interpolate(lift(x), size=skip.shape[2:]))
        return self.head(x)


def dice_loss(logits, y):
    """Return one minus the mean soft Dice coefficient of all classes."""
    classes = logits.shape[1]
    _refuse(y, (len(logits), *logits.shape[2:]), classes)
    share, target = logits.softmax(dim=1), F.one_hot(y, classes).movedim(-1, 1)
    both = (share * target).sum(dim=(0, 2, 3))
    sizes = (share + target).sum(dim=(0, 2, 3))
    return 1 - ((2 * both + 1) / (sizes + 1)).mean()


def mean_iou(pred, y, n_classes):
    """Return the mean IoU of the classes that occur in the prediction or in the truth."""
    _refuse(y, pred.shape, n_classes)
    _refuse(pred, y.shape, n_classes)
    pairs = torch.bincount((y * n_classes + pred).flatten(), minlength=n_classes**2)
    table = pairs.double().reshape(n_classes, n_classes)
    both = table.diagonal()
    either = table.sum(0) + table.sum(1) - both
    return (both / either)[either > 0].mean().item()


def _refuse(labels, shape, classes):
    if labels.shape != shape or labels.dtype != torch.int64 or labels.numel() == 0:
        raise ValueError("int64 labels of that shape are needed, one at least")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError("there is no such class")
