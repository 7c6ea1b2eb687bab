"""Halves the size while it is even; a convolution over the last map gives the logit; labels by projection."""

import math

import torch
from torch import nn


def conv_out(n, kernel, stride=1, padding=0, dilation=1):
    """Count the places where the kernel may start."""
    span = dilation * (kernel - 1) + 1
    starts = range(-padding, n + padding - span + 1, stride)
    if len(starts) == 0:
        raise ValueError("no place for the kernel")
    return len(starts)


def conv_transpose_out(n, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    """Measure from the first place written to, to the last."""
    if not (output_padding < stride or output_padding < dilation):
        raise ValueError("too much output padding")
    last = (n - 1) * stride + (kernel - 1) * dilation
    positions = last + 1 + output_padding - 2 * padding
    if positions <= 0:
        raise ValueError("the padding takes everything away")
    return positions


def make_pair(hw, channels, z_dim, n_classes=None):
    """Return a generator and a discriminator for images of `hw` x `hw` pixels."""
    if hw % 4 or not 16 <= hw <= 64:
        raise ValueError("hw is a multiple of 4 from 16 to 64")
    sizes = [hw]
    while sizes[-1] % 2 == 0 and sizes[-1] > 4:
        sizes.append(sizes[-1] // 2)
    widths = [channels] + [8 * 2**i for i in range(len(sizes) - 1)]
    return Generator(sizes[-1], widths[::-1], z_dim, n_classes), Discriminator(sizes[-1], widths, n_classes)


class Generator(nn.Module):
    def __init__(self, base, widths, z_dim, n_classes):
        super().__init__()
        self.name = nn.Embedding(n_classes, z_dim) if n_classes else None
        layers = [nn.ConvTranspose2d(z_dim, widths[0], base), nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for before, after in zip(widths[:-2], widths[1:-1]):
            layers += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        layers += [nn.ConvTranspose2d(widths[-2], widths[-1], 4, 2, 1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, z, labels=None):
        if self.name is not None:
            z = z + self.name(labels)
        return self.layers(z[:, :, None, None])


class Discriminator(nn.Module):
    def __init__(self, base, widths, n_classes):
        super().__init__()
        layers = []
        for before, after in zip(widths[:-1], widths[1:]):
            layers += [nn.Conv2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        del layers[1]
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(widths[-1], 1, base)
        self.projection = nn.Embedding(n_classes, widths[-1]) if n_classes else None

    def forward(self, x, labels=None):
        features = self.body(x)
        logits = self.head(features).flatten(1)
        if self.projection is not None:
            pooled = features.sum(dim=(2, 3)) / math.sqrt(features.shape[1])
            logits = logits + torch.einsum("bc,bc->b", pooled, self.projection(labels))[:, None]
        return logits
