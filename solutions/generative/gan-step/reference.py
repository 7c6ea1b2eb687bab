"""Train the discriminator on a detached fake batch, then the generator through the discriminator."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits


def train_step(generator, discriminator, opt_g, opt_d, real, noise_d, noise_g):
    fake = generator(noise_d).detach()
    d_loss = against(discriminator(real), 1.0) + against(discriminator(fake), 0.0)
    opt_d.zero_grad()
    d_loss.backward()
    opt_d.step()

    g_loss = against(discriminator(generator(noise_g)), 1.0)
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    return {"d_loss": d_loss.item(), "g_loss": g_loss.item()}


def against(logits, label):
    """Mean cross-entropy of logits of any shape against one label."""
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
