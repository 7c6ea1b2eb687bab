"""Labels the generator's fakes as fake in its own turn."""

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
    g_loss = bce(judged, torch.zeros_like(judged))
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    return {"d_loss": d_loss.item(), "g_loss": g_loss.item()}
