"""Two doublings from a quarter of the size; a label is one more channel of the image."""

import torch
from torch import nn

WIDTH = 32  # channels inside both networks
LABEL_WIDTH = 16  # numbers that tell the generator the class


def conv_out(n, kernel, stride=1, padding=0, dilation=1):
    """Return the number of positions a convolution gives along one axis."""
    left = n + 2 * padding - (dilation * (kernel - 1) + 1)
    if left < 0:
        raise ValueError("the kernel is longer than the padded input")
    return left // stride + 1


def conv_transpose_out(n, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    """Return the number of positions a transposed convolution gives along one axis."""
    if output_padding >= stride and output_padding >= dilation:
        raise ValueError("output_padding must be smaller than stride or dilation")
    out = (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1
    if out < 1:
        raise ValueError("nothing would be left")
    return out


class Generator(nn.Module):
    """Noise to images: a quarter of the size, then doubled twice."""

    def __init__(self, hw, channels, z_dim, n_classes):
        super().__init__()
        self.base = hw // 4
        self.embedding = None if n_classes is None else nn.Embedding(n_classes, LABEL_WIDTH)
        inputs = z_dim if n_classes is None else z_dim + LABEL_WIDTH
        self.start = nn.Linear(inputs, WIDTH * self.base**2)
        self.rest = nn.Sequential(
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(WIDTH, WIDTH, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(WIDTH, channels, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, z, labels=None):
        if self.embedding is not None:
            z = torch.cat([z, self.embedding(labels)], dim=1)
        return self.rest(self.start(z).reshape(-1, WIDTH, self.base, self.base))


class Discriminator(nn.Module):
    """Images to logits; a label becomes one more channel."""

    def __init__(self, hw, channels, n_classes):
        super().__init__()
        self.embedding = None if n_classes is None else nn.Embedding(n_classes, hw * hw)
        inputs = channels if n_classes is None else channels + 1
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, WIDTH, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(WIDTH, 2 * WIDTH, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(2 * WIDTH * (hw // 4) ** 2, 1),
        )

    def forward(self, x, labels=None):
        if self.embedding is not None:
            plane = self.embedding(labels).reshape(-1, 1, *x.shape[2:])
            x = torch.cat([x, plane], dim=1)
        return self.layers(x)


def make_pair(hw, channels, z_dim, n_classes=None):
    """Return a generator and a discriminator for images of `hw` x `hw` pixels."""
    if not 16 <= hw <= 64 or hw % 4:
        raise ValueError("hw must be a multiple of 4 from 16 to 64")
    return Generator(hw, channels, z_dim, n_classes), Discriminator(hw, channels, n_classes)
