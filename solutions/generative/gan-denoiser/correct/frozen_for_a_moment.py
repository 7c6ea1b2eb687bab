"""Freezes the discriminator while it judges for the generator; edges are repeated by index."""

import contextlib

import torch
import torch.nn as nn
import torch.nn.functional as F


def add_noise(clean, sigma, rng):
    """Return noisy copies of clean images."""
    noise = torch.randn(clean.shape, generator=rng, dtype=clean.dtype)
    if torch.is_tensor(sigma):
        return clean + torch.einsum("b,bchw->bchw", sigma.to(clean.dtype), noise)
    return clean + sigma * noise


@contextlib.contextmanager
def frozen(module):
    """Keep parameters out of the graph that is recorded meanwhile."""
    trainable = [p for p in module.parameters() if p.requires_grad]
    for p in trainable:
        p.requires_grad = False
    try:
        yield
    finally:
        for p in trainable:
            p.requires_grad = True


def denoiser_losses(generator, discriminator, noisy, clean, weight):
    """Return the losses of generator and discriminator, each with a gradient for its own network only."""
    restored = generator(noisy)
    on_clean = -F.logsigmoid(discriminator(clean)).mean()
    on_restored = -F.logsigmoid(-discriminator(restored.detach())).mean()
    with frozen(discriminator):
        convincing = -F.logsigmoid(discriminator(restored)).mean()
    return nn.L1Loss()(restored, clean) + weight * convincing, 0.5 * on_clean + 0.5 * on_restored


def train(generator, discriminator, clean, sigma, weight, lr, steps, rng):
    """Train both networks in place; return the pair of losses of each step."""
    opt_g = torch.optim.Adam(generator.parameters(), lr, betas=(0.5, 0.999))
    opt_d = torch.optim.Adam(discriminator.parameters(), lr, betas=(0.5, 0.999))
    history = []
    for _ in range(steps):
        opt_g.zero_grad()
        opt_d.zero_grad()
        g_loss, d_loss = denoiser_losses(generator, discriminator, add_noise(clean, sigma, rng), clean, weight)
        d_loss.backward()
        g_loss.backward()
        opt_d.step()
        opt_g.step()
        history.append((float(g_loss), float(d_loss)))
    return history


@torch.no_grad()
def denoise(generator, noisy, multiple):
    """Return the denoised images, of the same size as the noisy ones."""
    height, width = noisy.shape[-2:]
    rows = torch.arange(-(-height // multiple) * multiple).clamp(max=height - 1)
    columns = torch.arange(-(-width // multiple) * multiple).clamp(max=width - 1)
    training = [m for m in generator.modules() if m.training]
    try:
        for m in training:
            m.training = False
        out = generator(noisy[:, :, rows][:, :, :, columns])
    finally:
        for m in training:
            m.training = True
    return out[..., :height, :width].clip(0.0, 1.0)
