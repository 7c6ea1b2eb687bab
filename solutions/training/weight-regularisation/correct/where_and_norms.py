"""Norms from torch.linalg; decay as a factor on the old weight."""

import math

import torch


def penalty(model, l1, l2, skip_bias=True):
    """Return the penalty on the weights, to be added to a loss."""
    for number in (l1, l2):
        if not math.isfinite(number) or number < 0:
            raise ValueError(number)
    terms = []
    for parameter in model.parameters():
        if parameter.requires_grad and not (skip_bias and parameter.dim() < 2):
            flat = parameter.flatten()
            terms.append(l1 * torch.linalg.vector_norm(flat, ord=1) + l2 * torch.dot(flat, flat))
    return sum(terms) if terms else torch.tensor(0.0, dtype=[*model.parameters()][0].dtype)


def decay_step(model, rule, lr, wd, coupled):
    """Make one step with weight decay, in place."""
    for number in (lr, wd):
        if not math.isfinite(number) or number < 0:
            raise ValueError(number)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.grad is None or not parameter.requires_grad:
                continue
            gradient = parameter.grad.detach().clone()
            decays = parameter.dim() >= 2
            if coupled and decays:
                gradient.add_(parameter, alpha=wd)
            direction = rule(name, gradient)
            if decays and not coupled:
                parameter.mul_(1 - lr * wd)
            parameter.sub_(lr * direction)


def dropout(x, p, u, train):
    """Drop values, by the uniform numbers u."""
    if math.isnan(p) or p < 0 or p > 1:
        raise ValueError(p)
    if train:
        if u.size() != x.size():
            raise ValueError("u and x")
        scale = 1 / (1 - p) if p != 1 else 0.0
        nothing = torch.zeros((), dtype=x.dtype)
        x = torch.where(torch.lt(u, p), nothing, x) * scale
    return x
