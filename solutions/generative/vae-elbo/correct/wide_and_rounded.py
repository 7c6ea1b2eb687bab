"""Computes in float64 whatever comes in, and rounds at the end; densities with all their constants."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def kl_diag(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the divergence of each Gaussian from the standard normal distribution."""
    v, m = logvar.double(), mu.double()
    # below 1e-4 the first terms of the series are as good, and do not cancel
    series = v * v / 2 + v**3 / 6
    excess = torch.where(v.abs() < 1e-4, series, torch.exp(v) - 1 - v)
    return ((excess + m * m).sum(-1) / 2).to(mu.dtype)


def reparameterise(mu: Tensor, logvar: Tensor, eps: Tensor) -> Tensor:
    """Return the samples that belong to the standard normal numbers `eps`."""
    return torch.addcmul(mu, logvar.mul(0.5).exp(), eps)


def _log_bernoulli(x: Tensor, logits: Tensor) -> Tensor:
    pixels = x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)
    return pixels.sum(dim=tuple(range(logits.dim() - x.dim() + 1, logits.dim())))


def neg_elbo(x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0) -> Tensor:
    """Return the mean over the images of the negative log-likelihood plus `beta` times the divergence."""
    rebuilt = -_log_bernoulli(x.double(), logits.double())
    return (rebuilt.mean() + beta * kl_diag(mu.double(), logvar.double()).mean()).to(x.dtype)


def _log_normal(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    return -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 * torch.exp(-logvar)).sum(-1)


def importance_bound(x: Tensor, logits: Tensor, z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the mean over the images of the importance-weighted bound."""
    dtype = x.dtype
    x, logits, z, mu, logvar = (t.double() for t in (x, logits, z, mu, logvar))
    log_w = _log_bernoulli(x, logits)
    log_w = log_w + _log_normal(z, torch.zeros_like(z), torch.zeros_like(z)) - _log_normal(z, mu, logvar)
    top = log_w.detach().max(dim=0).values
    return (top + (log_w - top).exp().mean(dim=0).log()).mean().to(dtype)
