"""Expects a column of logits, whatever the discriminator gives."""

from torch.nn.functional import binary_cross_entropy_with_logits as bce


def train_step(generator, discriminator, opt_g, opt_d, real, noise_d, noise_g):
    fake = generator(noise_d).detach()
    on_real, on_fake = discriminator(real), discriminator(fake)
    ones, zeros = on_real.new_ones(len(on_real), 1), on_fake.new_zeros(len(on_fake), 1)
    d_loss = bce(on_real, ones) + bce(on_fake, zeros)
    opt_d.zero_grad()
    d_loss.backward()
    opt_d.step()

    judged = discriminator(generator(noise_g))
    g_loss = bce(judged, judged.new_ones(len(judged), 1))
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    return {"d_loss": d_loss.item(), "g_loss": g_loss.item()}
