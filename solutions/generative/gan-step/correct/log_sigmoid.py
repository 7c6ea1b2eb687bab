"""Cross-entropy as log-sigmoid; no graph through the generator in the first turn; both cleared up front."""

import torch
import torch.nn.functional as F


def train_step(generator, discriminator, opt_g, opt_d, real, noise_d, noise_g):
    opt_g.zero_grad(set_to_none=True)
    opt_d.zero_grad(set_to_none=True)
    with torch.no_grad():
        fake = generator(noise_d)
    on_real = -F.logsigmoid(discriminator(real)).mean()
    on_fake = -F.logsigmoid(-discriminator(fake)).mean()
    (on_real + on_fake).backward()
    opt_d.step()

    missed = -F.logsigmoid(discriminator(generator(noise_g))).mean()
    missed.backward()
    opt_g.step()
    return {"d_loss": float((on_real + on_fake).detach()), "g_loss": float(missed.detach())}
