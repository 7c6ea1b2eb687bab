"""Mistake: the label multiplies the noise as a number, so that class 0 has no noise left."""

import torch
from torch import nn
from torch.nn.functional import one_hot

WIDTH = 16


def conv_out(n, kernel, stride=1, padding=0, dilation=1):
    """Return the number of positions a convolution gives along one axis."""
    room = n + 2 * padding - dilation * (kernel - 1) - 1
    if room < 0:
        raise ValueError("the kernel is longer than the padded input")
    return room // stride + 1


def conv_transpose_out(n, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    """Return the number of positions a transposed convolution gives along one axis."""
    if output_padding >= max(stride, dilation):
        raise ValueError("the output padding is smaller neither than the stride nor than the dilation")
    size = (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1
    if size < 1:
        raise ValueError("nothing is left of the output")
    return size


def make_pair(hw, channels, z_dim, n_classes=None):
    """Return a generator and a discriminator for images of `hw` x `hw` pixels."""
    if hw not in range(16, 65, 4):
        raise ValueError(f"no networks for images of {hw} pixels")
    return Generator(hw, channels, z_dim, n_classes or 0), Discriminator(hw, channels, n_classes or 0)


class Generator(nn.Module):
    """Noise, with a one-hot label behind it, to a small map that is doubled twice."""

    def __init__(self, hw, channels, z_dim, n_classes):
        super().__init__()
        self.n_classes = n_classes
        self.layers = nn.Sequential(
            nn.Linear(z_dim + n_classes, 2 * WIDTH * (hw // 4) ** 2),
            nn.Unflatten(1, (2 * WIDTH, hw // 4, hw // 4)),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * WIDTH, WIDTH, 4, stride=2, padding=1),
            nn.BatchNorm2d(WIDTH),
            nn.ReLU(),
            nn.ConvTranspose2d(WIDTH, channels, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, z, labels=None):
        if self.n_classes:
            z = torch.cat([z * labels[:, None], one_hot(labels, self.n_classes)], dim=1)
        return self.layers(z)


class Discriminator(nn.Module):
    """An image, with one constant map per class behind it, halved twice."""

    def __init__(self, hw, channels, n_classes):
        super().__init__()
        self.n_classes = n_classes
        self.layers = nn.Sequential(
            nn.Conv2d(channels + n_classes, WIDTH, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(WIDTH, 2 * WIDTH, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(2 * WIDTH * (hw // 4) ** 2, 1),
        )

    def forward(self, x, labels=None):
        if self.n_classes:
            maps = one_hot(labels, self.n_classes)[:, :, None, None]
            x = torch.cat([x, maps.expand(-1, -1, *x.shape[2:])], dim=1)
        return self.layers(x)
