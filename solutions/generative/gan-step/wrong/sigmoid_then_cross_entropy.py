"""Rounds probabilities to 0 and 1 before it takes logarithms."""

import torch
from torch.nn.functional import binary_cross_entropy


def train_step(generator, discriminator, opt_g, opt_d, real, noise_d, noise_g):
    fake = generator(noise_d).detach()
    on_real, on_fake = discriminator(real), discriminator(fake)
    d_loss = binary_cross_entropy(on_real.sigmoid(), torch.ones_like(on_real))
    d_loss = d_loss + binary_cross_entropy(on_fake.sigmoid(), torch.zeros_like(on_fake))
    opt_d.zero_grad()
    d_loss.backward()
    opt_d.step()

    judged = discriminator(generator(noise_g))
    g_loss = binary_cross_entropy(judged.sigmoid(), torch.ones_like(judged))
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    return {"d_loss": d_loss.item(), "g_loss": g_loss.item()}
