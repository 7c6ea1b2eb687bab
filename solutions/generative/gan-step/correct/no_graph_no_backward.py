"""Fakes without a graph in the first turn; backward only where the loss has a graph."""

import torch
from torch.nn import functional as F


def _bce(logits, label):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def _descend(loss, optimizer):
    optimizer.zero_grad()
    if loss.requires_grad:  # it does not if no trainable parameter has a part in it
        loss.backward()
    optimizer.step()


def train_step(generator, discriminator, opt_g, opt_d, real, noise_d, noise_g):
    """Train the discriminator once, then the generator once; return both losses as floats."""
    with torch.no_grad():
        fake = generator(noise_d)
    d_loss = _bce(discriminator(real), 1.0) + _bce(discriminator(fake), 0.0)
    _descend(d_loss, opt_d)

    g_loss = _bce(discriminator(generator(noise_g)), 1.0)
    _descend(g_loss, opt_g)
    return {"d_loss": d_loss.item(), "g_loss": g_loss.item()}
