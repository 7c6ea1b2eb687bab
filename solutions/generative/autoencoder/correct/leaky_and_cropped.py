"""Eigenvectors of the covariance; two strided layers on each side, the decoded image cut to its size."""

import torch
from torch import nn
from torch.nn import functional as F


def linear_autoencoder(x, k):
    """Return the linear encoder and decoder that lose least of `x`."""
    rows = x.detach().double()
    mean = rows.mean(dim=0)
    centred = rows - mean
    # D x D, and orthonormal eigenvectors even where there is no variance
    _, vectors = torch.linalg.eigh(centred.T @ centred / len(rows))
    axes = vectors.flip(1)[:, :k]
    D = x.shape[1]
    encoder = nn.Linear(D, k, dtype=x.dtype, device=x.device)
    decoder = nn.Linear(k, D, dtype=x.dtype, device=x.device)
    with torch.no_grad():
        encoder.weight.copy_(axes.T)
        encoder.bias.copy_(-(mean @ axes))
        decoder.weight.copy_(axes)
        decoder.bias.copy_(mean)
    return encoder, decoder


class Encoder(nn.Module):
    def __init__(self, hw, channels, latent, width=24):
        super().__init__()
        side = -(-hw // 4)
        self.layers = nn.Sequential(
            nn.Conv2d(channels, width, 3, stride=2, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(width, width, 3, stride=2, padding=1),
            nn.LeakyReLU(0.1),
            nn.Flatten(),
            nn.Linear(width * side * side, latent),
        )

    def forward(self, x):
        return self.layers(x)


class Decoder(nn.Module):
    def __init__(self, hw, channels, latent, width=24):
        super().__init__()
        self.hw = hw
        side = -(-hw // 4)
        self.layers = nn.Sequential(
            nn.Linear(latent, width * side * side),
            nn.LeakyReLU(0.1),
            nn.Unflatten(1, (width, side, side)),
            nn.ConvTranspose2d(width, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.1),
            nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
        )

    def forward(self, code):
        # the maps are 0 to 3 pixels too large
        return torch.sigmoid(self.layers(code)[:, :, : self.hw, : self.hw])


def build_autoencoder(hw, channels, latent):
    """Return a convolutional encoder and decoder for images of `hw` x `hw` pixels."""
    if hw not in range(20, 41):
        raise ValueError("hw must be a whole number from 20 to 40")
    hw = int(hw)
    return Encoder(hw, channels, latent).float(), Decoder(hw, channels, latent).float()


def fit(encoder, decoder, images, epochs, batch_size, lr, rng):
    """Train both networks to reproduce images; return the mean squared error of each epoch."""
    if images.dtype != torch.uint8:
        raise ValueError("images must be uint8")
    N = len(images)
    if N == 0:
        raise ValueError("no images")
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    params = list(dict.fromkeys([*encoder.parameters(), *decoder.parameters()]))
    dtype = next(encoder.parameters()).dtype
    opt = torch.optim.Adam(params, lr=lr)
    encoder.train()
    decoder.train()
    history = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(N, generator=rng).split(batch_size):
            x = images[batch].to(dtype) / 255
            opt.zero_grad(set_to_none=True)
            loss = F.mse_loss(decoder(encoder(x)), x)
            loss.backward()
            opt.step()
            total += loss.item() * len(batch)
        history.append(total / N)
    encoder.eval()
    decoder.eval()
    return history
