"""A power series for the divergence near 0; the bound in float64."""

import math

import torch
from torch.nn import functional as F


def _exp_minus_linear(t):
    """Return exp(t) - 1 - t, without cancellation near 0."""
    small = t.abs() < 0.05
    s = torch.where(small, t, torch.zeros_like(t))
    series = torch.zeros_like(s)
    for n in range(10, 1, -1):
        series = series * s + 1 / math.factorial(n)
    return torch.where(small, s * s * series, torch.expm1(t) - t)


def kl_diag(mu, logvar):
    """Return the divergence of each Gaussian from the standard normal distribution."""
    return 0.5 * (mu.square() + _exp_minus_linear(logvar)).sum(dim=1)


def reparameterise(mu, logvar, eps):
    """Return the samples that belong to the standard normal numbers `eps`."""
    return mu + torch.exp(0.5 * logvar) * eps


def _log_likelihood(x, logits, first):
    """Return log p(x|z), summed over all dimensions from `first` on."""
    pixels = x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)
    return pixels.flatten(first).sum(dim=first)


def neg_elbo(x, logits, mu, logvar, beta=1.0):
    """Return the mean over the images of the negative log-likelihood plus `beta` times the divergence."""
    return (beta * kl_diag(mu, logvar) - _log_likelihood(x, logits, 1)).mean()


def importance_bound(x, logits, z, mu, logvar):
    """Return the mean over the images of the importance-weighted bound."""
    dtype = x.dtype
    # differences of very large numbers decide which sample counts
    x, logits, z, mu, logvar = (t.double() for t in (x, logits, z, mu, logvar))
    standard = (z - mu) * torch.exp(-0.5 * logvar)
    prior_over_q = 0.5 * (standard.square() + logvar - z.square()).sum(dim=2)
    log_w = _log_likelihood(x, logits, 2) + prior_over_q
    return (torch.logsumexp(log_w, dim=0) - math.log(len(z))).mean().to(dtype)
