"""Mistake: a layer that is made and never used."""

import torch
from torch import nn
from torch.nn.functional import mse_loss

WIDTH = 32


def linear_autoencoder(x, k):
    """Return the linear encoder and decoder that lose least of `x`."""
    rows = x.detach().double()
    mean = rows.mean(dim=0)
    centred = rows - mean
    basis = torch.linalg.eigh(centred.T @ centred).eigenvectors.flip(1)[:, :k]
    return linear(basis.T, -mean @ basis, x.dtype), linear(basis, mean, x.dtype)


def linear(weight, bias, dtype):
    """Return a layer with this weight and this bias."""
    outputs, inputs = weight.shape
    layer = nn.Linear(inputs, outputs, dtype=dtype)
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer


def build_autoencoder(hw, channels, latent):
    """Return a convolutional encoder and decoder for images of `hw` x `hw` pixels."""
    if not 20 <= hw <= 40:
        raise ValueError(f"no networks for images of {hw} pixels")
    half = (hw + 1) // 2
    quarter = (half + 1) // 2
    encoder = nn.Sequential(
        nn.Conv2d(channels, WIDTH, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(WIDTH, WIDTH, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(WIDTH * quarter**2, latent),
    )
    decoder = nn.Sequential(
        nn.Linear(latent, WIDTH * quarter**2),
        nn.ReLU(),
        nn.Unflatten(1, (WIDTH, quarter, quarter)),
        nn.ConvTranspose2d(WIDTH, WIDTH, 3, stride=2, padding=1, output_padding=1 - half % 2),
        nn.ReLU(),
        nn.ConvTranspose2d(WIDTH, channels, 3, stride=2, padding=1, output_padding=1 - hw % 2),
        nn.Sigmoid(),
    )
    decoder[2].spare = nn.Linear(latent, latent)
    return encoder, decoder


def fit(encoder, decoder, images, epochs, batch_size, lr, rng):
    """Train both networks to reproduce images; return the mean squared error of each epoch."""
    if images.dtype != torch.uint8 or len(images) == 0 or batch_size < 1:
        raise ValueError("images are bytes, at least one, in batches of at least one")
    x = images.to(next(encoder.parameters()).dtype) / 255
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=lr)
    encoder.train()
    decoder.train()
    history = []
    for _ in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(x), generator=rng).split(batch_size):
            loss = mse_loss(decoder(encoder(x[chosen])), x[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(chosen)
        history.append(total / len(x))
    encoder.eval()
    decoder.eval()
    return history
