"""Gradients asked for by name, so that no network ever receives one that is not its own."""

import torch
from torch import nn


def train_step(generator, discriminator, opt_g, opt_d, real, noise_d, noise_g):
    bce = nn.BCEWithLogitsLoss()

    def descend(loss, network, optimizer):
        trainable = [p for p in network.parameters() if p.requires_grad]
        gradients = torch.autograd.grad(loss, trainable, allow_unused=True)
        for p in network.parameters():
            p.grad = None
        for p, gradient in zip(trainable, gradients):
            p.grad = gradient
        optimizer.step()
        return loss.item()

    judged_real = discriminator(real).reshape(-1)
    judged_fake = discriminator(generator(noise_d).detach()).reshape(-1)
    d_loss = bce(judged_real, judged_real.new_ones(len(real)))
    d_loss = d_loss + bce(judged_fake, judged_fake.new_zeros(len(noise_d)))
    d_value = descend(d_loss, discriminator, opt_d)

    judged = discriminator(generator(noise_g)).reshape(-1)
    g_value = descend(bce(judged, judged.new_ones(len(noise_g))), generator, opt_g)
    return {"d_loss": d_value, "g_loss": g_value}
