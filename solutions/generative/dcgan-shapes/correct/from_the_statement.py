"""No normalisation; each network embeds the labels for itself: beside the noise, and as maps beside the image."""

import torch
from torch import nn


def conv_out(n, kernel, stride=1, padding=0, dilation=1):
    """Return the number of positions a convolution gives along one axis."""
    room = n + 2 * padding - (dilation * (kernel - 1) + 1)
    if room < 0:
        raise ValueError("kernel longer than the padded input")
    return room // stride + 1


def conv_transpose_out(n, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    """Return the number of positions a transposed convolution gives along one axis."""
    if output_padding >= stride and output_padding >= dilation:
        raise ValueError("output_padding must be smaller than stride or dilation")
    size = (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1
    if size < 1:
        raise ValueError("output too small")
    return size


EMBEDDING = 16


class Generator(nn.Module):
    def __init__(self, hw, channels, z_dim, n_classes):
        super().__init__()
        self.base = hw // 4
        self.embed = nn.Embedding(n_classes, EMBEDDING) if n_classes else None
        self.project = nn.Linear(z_dim + (EMBEDDING if n_classes else 0), 32 * self.base**2)
        self.net = nn.Sequential(
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(32, 32, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(32, 32, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(32, channels, 3, padding=1),
            nn.Tanh(),
        )

    def forward(self, z, labels=None):
        if self.embed is not None:
            z = torch.cat([z, self.embed(labels)], 1)
        return self.net(self.project(z).view(-1, 32, self.base, self.base))


class Discriminator(nn.Module):
    def __init__(self, hw, channels, n_classes):
        super().__init__()
        self.embed = nn.Embedding(n_classes, EMBEDDING) if n_classes else None
        self.net = nn.Sequential(
            nn.Conv2d(channels + (EMBEDDING if n_classes else 0), 32, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(32, 64, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(64 * (hw // 4) ** 2, 1),
        )

    def forward(self, x, labels=None):
        if self.embed is not None:
            planes = self.embed(labels)[:, :, None, None].expand(-1, -1, *x.shape[2:])
            x = torch.cat([x, planes], 1)
        return self.net(x)


def make_pair(hw, channels, z_dim, n_classes=None):
    """Return a generator and a discriminator for images of `hw` x `hw` pixels."""
    if hw not in range(16, 65, 4):
        raise ValueError("hw must be a multiple of 4 from 16 to 64")
    return Generator(hw, channels, z_dim, n_classes), Discriminator(hw, channels, n_classes)
