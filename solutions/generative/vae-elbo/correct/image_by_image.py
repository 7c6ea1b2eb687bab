"""One image and one sample after the other; the softplus form of the likelihood."""

import math

import torch


def kl_diag(mu, logvar):
    """Return the divergence of each Gaussian from the standard normal distribution."""
    # 2 sinh(v/2) exp(v/2) is exp(v) - 1
    grown = 2 * torch.sinh(0.5 * logvar) * torch.exp(0.5 * logvar)
    terms = torch.relu(grown - logvar) + mu**2
    return torch.stack([0.5 * row.sum() for row in terms])


def reparameterise(mu, logvar, eps):
    """Return the samples that belong to the standard normal numbers `eps`."""
    return eps * logvar.exp().sqrt() + mu


def surprise(x, logits):
    """Return minus the log-likelihood of one image."""
    return (torch.relu(logits) - x * logits + torch.log1p(torch.exp(-logits.abs()))).sum()


def neg_elbo(x, logits, mu, logvar, beta=1.0):
    """Return the mean over the images of the negative log-likelihood plus `beta` times the divergence."""
    total = sum(surprise(image, scores) for image, scores in zip(x, logits))
    return (total + beta * kl_diag(mu, logvar).sum()) / len(x)


def importance_bound(x, logits, z, mu, logvar):
    """Return the mean over the images of the importance-weighted bound."""
    bounds = []
    for b in range(len(x)):
        eps = (z[:, b] - mu[b]) / torch.exp(logvar[b] / 2)
        gains = 0.5 * (eps**2 - z[:, b] ** 2 + logvar[b]).sum(dim=1)
        likelihoods = torch.stack([-surprise(x[b], scores[b]) for scores in logits])
        bounds.append(torch.logsumexp(gains + likelihoods, dim=0) - math.log(z.shape[0]))
    return torch.stack(bounds).mean()
