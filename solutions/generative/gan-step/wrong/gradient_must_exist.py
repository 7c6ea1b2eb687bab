"""Asks for a gradient of every weight and fails where there is none."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce


def train_step(generator, discriminator, opt_g, opt_d, real, noise_d, noise_g):
    fake = generator(noise_d).detach()
    on_real, on_fake = discriminator(real), discriminator(fake)
    d_loss = bce(on_real, torch.ones_like(on_real)) + bce(on_fake, torch.zeros_like(on_fake))
    opt_d.zero_grad()
    d_loss.backward()
    opt_d.step()

    judged = discriminator(generator(noise_g))
    g_loss = bce(judged, torch.ones_like(judged))
    opt_g.zero_grad()
    trainable = [p for p in generator.parameters() if p.requires_grad]
    for p, gradient in zip(trainable, torch.autograd.grad(g_loss, trainable)):
        p.grad = gradient
    opt_g.step()
    return {"d_loss": d_loss.item(), "g_loss": g_loss.item()}
