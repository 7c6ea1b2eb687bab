"""Freezes the discriminator by a context manager; edges by replicate padding."""

from contextlib import contextmanager

import torch
from torch.nn import functional as F


def add_noise(clean, sigma, rng):
    """Return noisy copies of clean images."""
    noise = torch.randn(clean.shape, generator=rng, dtype=clean.dtype)
    if isinstance(sigma, torch.Tensor):
        sigma = sigma.to(clean.dtype).reshape(-1, *[1] * (clean.ndim - 1))
    return clean + sigma * noise


def _bce(logits, label):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


@contextmanager
def _frozen(network):
    """No parameter of the network gets a gradient from what is computed meanwhile."""
    free = [p for p in network.parameters() if p.requires_grad]
    try:
        for p in free:
            p.requires_grad_(False)
        yield
    finally:
        for p in free:
            p.requires_grad_(True)


def denoiser_losses(generator, discriminator, noisy, clean, weight):
    """Return the losses of generator and discriminator, each with a gradient for its own network only."""
    restored = generator(noisy)
    with _frozen(discriminator):
        judged = discriminator(restored)
    g_loss = (restored - clean).abs().mean() + weight * _bce(judged, 1.0)
    d_loss = (_bce(discriminator(clean), 1.0) + _bce(discriminator(restored.detach()), 0.0)) / 2
    return g_loss, d_loss


def train(generator, discriminator, clean, sigma, weight, lr, steps, rng):
    """Train both networks in place; return the pair of losses of each step."""
    optimizers = [torch.optim.Adam(net.parameters(), lr=lr, betas=(0.5, 0.999)) for net in (generator, discriminator)]
    history = []
    for _ in range(steps):
        noisy = add_noise(clean, sigma, rng)
        losses = denoiser_losses(generator, discriminator, noisy, clean, weight)
        for optimizer in optimizers:
            optimizer.zero_grad()
        for loss in losses:
            loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        history.append((losses[0].item(), losses[1].item()))
    return history


def denoise(generator, noisy, multiple):
    """Return the denoised images, of the same size as the noisy ones."""
    height, width = noisy.shape[-2:]
    below, right = -height % multiple, -width % multiple
    filled = F.pad(noisy, (0, right, 0, below), mode="replicate") if below or right else noisy
    modes = [(module, module.training) for module in generator.modules()]
    try:
        generator.eval()
        with torch.no_grad():
            restored = generator(filled)
    finally:
        for module, training in modes:
            module.training = training
    return restored[..., :height, :width].detach().clamp(0, 1)
