"""Mistake: the squared error, which blurs."""

import torch
from torch.func import functional_call
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss, pad


def add_noise(clean, sigma, rng):
    """Return noisy copies of clean images."""
    sigma = torch.as_tensor(sigma, dtype=clean.dtype).reshape(-1, 1, 1, 1)
    return clean + sigma * torch.randn(clean.shape, generator=rng, dtype=clean.dtype)


def denoiser_losses(generator, discriminator, noisy, clean, weight):
    """Return the losses of generator and discriminator, each with a gradient for its own network only."""
    restored = generator(noisy)
    constants = {name: p.detach() for name, p in discriminator.named_parameters()}
    judged = functional_call(discriminator, constants, restored)
    g_loss = mse_loss(restored, clean) + weight * against(judged, 1.0)
    d_loss = (against(discriminator(clean), 1.0) + against(discriminator(restored.detach()), 0.0)) / 2
    return g_loss, d_loss


def against(logits, label):
    """Mean cross-entropy of logits of any shape against one label."""
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def train(generator, discriminator, clean, sigma, weight, lr, steps, rng):
    """Train both networks in place; return the pair of losses of each step."""
    optimizers = [torch.optim.Adam(net.parameters(), lr=lr, betas=(0.5, 0.999)) for net in (generator, discriminator)]
    history = []
    for _ in range(steps):
        losses = denoiser_losses(generator, discriminator, add_noise(clean, sigma, rng), clean, weight)
        for optimizer, loss in zip(optimizers, losses):
            optimizer.zero_grad()
            loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        history.append(tuple(loss.item() for loss in losses))
    return history


def denoise(generator, noisy, multiple):
    """Return the denoised images, of the same size as the noisy ones."""
    height, width = noisy.shape[2:]
    modes = [(module, module.training) for module in generator.modules()]
    generator.eval()
    try:
        with torch.no_grad():
            filled = pad(noisy, (0, -width % multiple, 0, -height % multiple), mode="replicate")
            return generator(filled)[:, :, :height, :width].clamp(0, 1)
    finally:
        for module, mode in modes:
            module.training = mode
