"""One training step of a GAN: see the statement for the rules."""


def train_step(generator, discriminator, opt_g, opt_d, real, noise_d, noise_g):
    """Train the discriminator once, then the generator once; return both losses as floats."""
    # 1. fakes from noise_d; the discriminator's loss; one step of opt_d
    # 2. new fakes from noise_g; the generator's loss; one step of opt_g
    return {"d_loss": 0.0, "g_loss": 0.0}
