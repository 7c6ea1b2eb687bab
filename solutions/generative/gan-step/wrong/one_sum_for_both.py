"""Adds both losses and lets both optimizers go down the sum."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce


def train_step(generator, discriminator, opt_g, opt_d, real, noise_d, noise_g):
    on_real = discriminator(real)
    on_fake = discriminator(generator(noise_d))
    judged = discriminator(generator(noise_g))
    d_loss = bce(on_real, torch.ones_like(on_real)) + bce(on_fake, torch.zeros_like(on_fake))
    g_loss = bce(judged, torch.ones_like(judged))
    opt_d.zero_grad()
    opt_g.zero_grad()
    (d_loss + g_loss).backward()
    opt_d.step()
    opt_g.step()
    return {"d_loss": d_loss.item(), "g_loss": g_loss.item()}
