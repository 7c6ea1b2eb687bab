"""Singular vectors, completed to a basis where the data have too few; the decoder draws too much and cuts."""

import torch
import torch.nn.functional as F
from torch import nn


def linear_autoencoder(x, k):
    """Return the linear encoder and decoder that lose least of `x`."""
    wide = x.detach().to(torch.float64)
    centre = wide.mean(0, keepdim=True)
    # R of a QR decomposition has the same right singular vectors, and at most D rows
    small = torch.linalg.qr(wide - centre, mode="r").R
    _, _, directions = torch.linalg.svd(small, full_matrices=True)
    directions = directions[:k]
    encoder = nn.Linear(x.shape[1], k, dtype=x.dtype)
    decoder = nn.Linear(k, x.shape[1], dtype=x.dtype)
    with torch.no_grad():
        encoder.weight[:] = directions
        encoder.bias[:] = -(directions @ centre[0])
        decoder.weight[:] = directions.T
        decoder.bias[:] = centre[0]
    return encoder, decoder


class Encoder(nn.Module):
    def __init__(self, hw, channels, latent):
        super().__init__()
        self.stages = nn.ModuleList(
            [nn.Conv2d(channels, 16, 5, stride=2), nn.Conv2d(16, 24, 3, stride=2), nn.Conv2d(24, 24, 2)]
        )
        side = hw
        for stage in self.stages:
            side = (side - stage.kernel_size[0]) // stage.stride[0] + 1
        self.norms = nn.ModuleList([nn.BatchNorm2d(16), nn.BatchNorm2d(24), nn.BatchNorm2d(24)])
        self.code = nn.Linear(24 * side * side, latent)

    def forward(self, x):
        for stage, norm in zip(self.stages, self.norms):
            x = F.elu(norm(stage(x)))
        return self.code(x.flatten(1))


class Decoder(nn.Module):
    def __init__(self, hw, channels, latent):
        super().__init__()
        self.hw, self.side = hw, -(-hw // 4)
        self.start = nn.Linear(latent, 24 * self.side**2)
        self.up = nn.ConvTranspose2d(24, 16, 4, stride=2, padding=1)
        self.last = nn.ConvTranspose2d(16, channels, 4, stride=2, padding=1)

    def forward(self, code):
        maps = F.elu(self.start(code)).view(-1, 24, self.side, self.side)
        return torch.sigmoid(self.last(F.elu(self.up(maps)))[:, :, : self.hw, : self.hw])


def build_autoencoder(hw, channels, latent):
    """Return a convolutional encoder and decoder for images of `hw` x `hw` pixels."""
    if hw not in range(20, 41):
        raise ValueError("hw is 20 to 40")
    return Encoder(hw, channels, latent), Decoder(hw, channels, latent)


def fit(encoder, decoder, images, epochs, batch_size, lr, rng):
    """Train both networks to reproduce images; return the mean squared error of each epoch."""
    if images.dtype is not torch.uint8:
        raise ValueError("bytes only")
    if batch_size <= 0 or images.shape[0] == 0:
        raise ValueError("nothing to train on")
    both = nn.ModuleList([encoder, decoder]).train()
    optimizer = torch.optim.Adam(both.parameters(), lr=lr)
    dtype = next(iter(encoder.parameters())).dtype
    history = []
    for _ in range(epochs):
        order = torch.randperm(len(images), generator=rng)
        squares, numbers = 0.0, 0
        for first in range(0, len(order), batch_size):
            target = images[order[first : first + batch_size]].to(dtype).div(255)
            optimizer.zero_grad()
            error = (decoder(encoder(target)) - target).square()
            error.mean().backward()
            optimizer.step()
            squares, numbers = squares + error.sum().item(), numbers + error.numel()
        history.append(squares / numbers)
    both.eval()
    return history
