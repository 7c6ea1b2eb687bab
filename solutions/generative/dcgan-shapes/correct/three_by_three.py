"""Kernels of 3 with output padding, no normalisation, labels as a map of their own and as a gain of the noise."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def conv_out(n, kernel, stride=1, padding=0, dilation=1):
    """Return the number of positions a convolution gives along one axis."""
    padded = n + padding + padding
    stretched = kernel + (kernel - 1) * (dilation - 1)
    if stretched > padded:
        raise ValueError(f"kernel of {stretched} on {padded} positions")
    return (padded - stretched + stride) // stride


def conv_transpose_out(n, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    """Return the number of positions a transposed convolution gives along one axis."""
    stretched = kernel + (kernel - 1) * (dilation - 1)
    result = stride * (n - 1) + stretched + output_padding - 2 * padding
    if result < 1 or (output_padding >= stride and output_padding >= dilation):
        raise ValueError("the layer refuses these sizes")
    return result


class Painter(nn.Module):
    def __init__(self, hw, channels, z_dim, n_classes):
        super().__init__()
        self.side = hw // 4
        if n_classes is not None:
            self.gain = nn.Embedding(n_classes, z_dim)
        self.start = nn.Linear(z_dim, 24 * self.side * self.side)
        self.up1 = nn.ConvTranspose2d(24, 24, 3, stride=2, padding=1, output_padding=1)
        self.up2 = nn.ConvTranspose2d(24, 12, 3, stride=2, padding=1, output_padding=1)
        self.colour = nn.Conv2d(12, channels, 3, padding=1)

    def forward(self, z, *labels):
        if labels:
            z = z * self.gain(labels[0])
        maps = F.leaky_relu(self.start(z)).reshape(len(z), 24, self.side, self.side)
        maps = F.leaky_relu(self.up2(F.leaky_relu(self.up1(maps))))
        return torch.tanh(self.colour(maps))


class Judge(nn.Module):
    def __init__(self, hw, channels, n_classes):
        super().__init__()
        self.hw = hw
        if n_classes is not None:
            self.sheet = nn.Embedding(n_classes, hw * hw)
        self.down1 = nn.Conv2d(channels + (n_classes is not None), 16, 3, stride=2, padding=1)
        self.down2 = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.down3 = nn.Conv2d(32, 32, 3, stride=2, padding=1)
        side = conv_out(hw // 4, 3, 2, 1)
        self.last = nn.Linear(32 * side * side, 1)

    def forward(self, x, *labels):
        if labels:
            x = torch.cat([x, self.sheet(labels[0]).reshape(-1, 1, self.hw, self.hw)], 1)
        for layer in (self.down1, self.down2, self.down3):
            x = F.leaky_relu(layer(x), 0.1)
        return self.last(x.flatten(1))


def make_pair(hw, channels, z_dim, n_classes=None):
    """Return a generator and a discriminator for images of `hw` x `hw` pixels."""
    if hw not in {16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64}:
        raise ValueError("unknown size")
    return Painter(hw, channels, z_dim, n_classes), Judge(hw, channels, n_classes)
