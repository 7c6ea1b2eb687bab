"""An autoencoder with a usable encoder: see the statement for the rules."""

from torch import nn


def linear_autoencoder(x, k):
    """Return the linear encoder and decoder that lose least of `x`."""
    # Write: compute the weights and biases of both layers.
    return nn.Linear(x.shape[1], k, dtype=x.dtype), nn.Linear(k, x.shape[1], dtype=x.dtype)


def build_autoencoder(hw, channels, latent):
    """Return a convolutional encoder and decoder for images of `hw` x `hw` pixels."""
    # Write: two classes of nn.Module, and make one of each here.
    return nn.Identity(), nn.Identity()


def fit(encoder, decoder, images, epochs, batch_size, lr, rng):
    """Train both networks to reproduce images; return the mean squared error of each epoch."""
    # Write: scale, shuffle, cut into batches, step.
    return []
