"""Takes the slope of the discriminator's opinion by the image, and hands it to the generator as a linear term."""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce


def add_noise(clean: Tensor, sigma: float | Tensor, rng: torch.Generator) -> Tensor:
    """Return noisy copies of clean images."""
    noise = torch.randn(clean.shape, generator=rng, dtype=clean.dtype)
    if isinstance(sigma, Tensor):
        return torch.stack([c + float(s) * n for c, s, n in zip(clean, sigma, noise)])
    return torch.add(clean, noise, alpha=sigma)


def denoiser_losses(
    generator: nn.Module, discriminator: nn.Module, noisy: Tensor, clean: Tensor, weight: float
) -> tuple[Tensor, Tensor]:
    """Return the losses of generator and discriminator, each with a gradient for its own network only."""
    restored = generator(noisy)
    image = restored.detach().requires_grad_()
    logits = discriminator(image)
    opinion = bce(logits, torch.ones_like(logits))
    (slope,) = torch.autograd.grad(opinion, image)
    linear = ((restored - restored.detach()) * slope).sum()
    g_loss = (restored - clean).abs().mean() + weight * (opinion.detach() + linear)

    on_clean, on_restored = discriminator(clean), discriminator(restored.detach())
    d_loss = bce(on_clean, torch.ones_like(on_clean)) + bce(on_restored, torch.zeros_like(on_restored))
    return g_loss, d_loss * 0.5


def train(generator, discriminator, clean, sigma, weight, lr, steps, rng):
    """Train both networks in place; return the pair of losses of each step."""
    optimizer = torch.optim.Adam(
        [{"params": generator.parameters()}, {"params": discriminator.parameters()}], lr=lr, betas=(0.5, 0.999)
    )  # Adam looks at one weight at a time: two groups are two optimizers
    history = []
    for _ in range(steps):
        g_loss, d_loss = denoiser_losses(generator, discriminator, add_noise(clean, sigma, rng), clean, weight)
        optimizer.zero_grad()
        (g_loss + d_loss).backward()
        optimizer.step()
        history.append((g_loss.item(), d_loss.item()))
    return history


def denoise(generator: nn.Module, noisy: Tensor, multiple: int) -> Tensor:
    """Return the denoised images, of the same size as the noisy ones."""
    modes = {module: module.training for module in generator.modules()}
    filled = noisy.detach()
    while filled.shape[2] % multiple:
        filled = torch.cat([filled, filled[:, :, -1:]], dim=2)
    while filled.shape[3] % multiple:
        filled = torch.cat([filled, filled[..., -1:]], dim=3)
    try:
        with torch.inference_mode():
            out = generator.eval()(filled)
    finally:
        for module, mode in modes.items():
            module.training = mode
    return out[:, :, : noisy.shape[2], : noisy.shape[3]].clone().clamp_(min=0, max=1)
