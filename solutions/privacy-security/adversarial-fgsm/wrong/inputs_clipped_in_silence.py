"""Mistake: pixels out of range are clipped instead of refused."""

from contextlib import contextmanager

import torch
from torch.nn import functional as F


def fgsm(model, x, y, eps, lo=0.0, hi=1.0):
    """Return inputs one step of size eps away, where the loss is larger."""
    return pgd(model, x, y, eps, eps, 1, lo, hi)


def pgd(model, x, y, eps, alpha, steps, lo=0.0, hi=1.0, start=None):
    """Return inputs many small steps away, never farther than eps."""
    if not (eps >= 0 and alpha >= 0 and steps >= 0):
        raise ValueError("eps, alpha and steps must not be negative")
    x = x.clamp(lo, hi)
    x = x.detach()
    low, high = (x - eps).clamp(min=lo), (x + eps).clamp(max=hi)
    point = x.clone() if start is None else (x + start.detach()).clamp(low, high)
    with _evaluating(model):
        for _ in range(steps):
            point = (point + alpha * _ascent(model, point, y)).clamp(low, high)
    return point


def _ascent(model, x, y):
    """Return the signs of the gradient of the loss; no gradient reaches a parameter."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        loss = F.cross_entropy(model(x), y, reduction="sum")
        (slope,) = torch.autograd.grad(loss, x)
    return slope.sign()


@contextmanager
def _evaluating(model):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    yield
    for module, mode in modes:
        module.training = mode
