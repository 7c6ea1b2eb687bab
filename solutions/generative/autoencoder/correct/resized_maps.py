"""Directions from the smaller of the two Gram matrices; the decoder resizes its maps between its layers."""

import torch
import torch.nn as nn
from torch import Tensor


def linear_autoencoder(x: Tensor, k: int) -> tuple[nn.Linear, nn.Linear]:
    """Return the linear encoder and decoder that lose least of `x`."""
    data = x.detach().double()
    centre = data.sum(dim=0) / len(data)
    centred = data - centre
    rows, columns = data.shape
    directions = torch.zeros(columns, 0, dtype=torch.float64)
    if rows < columns:
        values, left = torch.linalg.eigh(centred @ centred.T)
        kept = values > 1e-12 * max(float(values[-1]), 1e-300)
        directions = (centred.T @ left[:, kept].flip(1)) / values[kept].flip(0).sqrt()
    else:
        directions = torch.linalg.svd(centred, full_matrices=False).Vh.T
    # whatever is missing may point anywhere at right angles to the rest
    square = torch.cat([directions, torch.eye(columns, dtype=torch.float64)], dim=1)
    basis, _ = torch.linalg.qr(square)
    basis = basis[:, :k]
    encoder, decoder = nn.Linear(columns, k).to(x.dtype), nn.Linear(k, columns).to(x.dtype)
    encoder.weight.data.copy_(basis.T)
    encoder.bias.data.copy_(-centre @ basis)
    decoder.weight.data.copy_(basis)
    decoder.bias.data.copy_(centre)
    return encoder, decoder


def build_autoencoder(hw: int, channels: int, latent: int) -> tuple[nn.Module, nn.Module]:
    """Return a convolutional encoder and decoder for images of `hw` x `hw` pixels."""
    if hw < 20 or hw > 40:
        raise ValueError("no such size")
    encoder = nn.Sequential(
        nn.Conv2d(channels, 12, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(12, 24, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.AdaptiveAvgPool2d(5),
        nn.Flatten(),
        nn.Linear(24 * 25, latent),
    )
    decoder = nn.Sequential(
        nn.Linear(latent, 24 * 25),
        nn.LeakyReLU(0.2),
        nn.Unflatten(1, (24, 5, 5)),
        nn.ConvTranspose2d(24, 24, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(24, 12, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Upsample(size=(hw, hw), mode="bilinear", align_corners=False),
        nn.Conv2d(12, channels, 3, 1, 1),
        nn.Sigmoid(),
    )
    return encoder, decoder


def fit(encoder, decoder, images, epochs, batch_size, lr, rng):
    """Train both networks to reproduce images; return the mean squared error of each epoch."""
    if images.dtype != torch.uint8 or not len(images) or batch_size < 1:
        raise ValueError("cannot train on this")
    model = nn.Sequential(encoder, decoder)
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr)
    criterion = nn.MSELoss()
    dtype = [p.dtype for p in encoder.parameters()][0]
    history = []
    for _ in range(epochs):
        shuffled = images[torch.randperm(images.shape[0], generator=rng)].to(dtype) / 255.0
        parts = []
        for batch in torch.split(shuffled, batch_size):
            model.zero_grad(set_to_none=True)
            loss = criterion(model(batch), batch)
            loss.backward()
            optimizer.step()
            parts.append(loss.detach().double() * len(batch) / len(images))
        history.append(float(sum(parts)))
    model.eval()
    return history
