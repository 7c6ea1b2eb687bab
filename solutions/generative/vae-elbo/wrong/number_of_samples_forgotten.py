"""Mistake: the sum of the weights instead of their mean."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits


def kl_diag(mu, logvar):
    """Return the divergence of each Gaussian from the standard normal distribution."""
    # near 0 nothing is left of exp(v) - 1 - v
    return 0.5 * (torch.expm1(logvar) - logvar + mu.square()).sum(dim=1)


def reparameterise(mu, logvar, eps):
    """Return the samples that belong to the standard normal numbers `eps`."""
    return mu + torch.exp(logvar / 2) * eps


def neg_elbo(x, logits, mu, logvar, beta=1.0):
    """Return the mean over the images of the negative log-likelihood plus `beta` times the divergence."""
    return (beta * kl_diag(mu, logvar) - log_likelihood(x, logits)).mean()


def importance_bound(x, logits, z, mu, logvar):
    """Return the mean over the images of the importance-weighted bound."""
    # the constants of both densities cancel
    log_prior = -0.5 * z.square().sum(dim=2)
    log_posterior = -0.5 * ((z - mu).square() / logvar.exp() + logvar).sum(dim=2)
    log_weights = log_likelihood(x.expand_as(logits), logits, 2) + log_prior - log_posterior
    return (torch.logsumexp(log_weights, dim=0)).mean()


def log_likelihood(x, logits, first=1):
    """Return the sum over the pixels, which begin at the dimension `first`."""
    return -binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(first).sum(dim=first)
