"""Calls `backward`, with all parameters frozen meanwhile, so that the gradient reaches nothing but the inputs."""

import math

import torch
from torch import nn


def fgsm(model, x, y, eps, lo=0.0, hi=1.0):
    """Return inputs one step of size eps away, where the loss is larger."""
    return pgd(model, x, y, eps, alpha=eps, steps=1, lo=lo, hi=hi)


def pgd(model, x, y, eps, alpha, steps, lo=0.0, hi=1.0, start=None):
    """Return inputs many small steps away, never farther than eps."""
    if math.isnan(eps) or eps < 0 or math.isnan(alpha) or alpha < 0 or steps < 0:
        raise ValueError("no such attack")
    if torch.isnan(x).any() or (x < lo).any() or (x > hi).any():
        raise ValueError("no such inputs")
    modes = {module: module.training for module in model.modules()}
    flags = {parameter: parameter.requires_grad for parameter in model.parameters()}
    model.eval()
    for parameter in flags:
        parameter.requires_grad_(False)
    point = x.detach().clone()
    if start is not None:
        point = _project(point + start.detach(), x.detach(), eps, lo, hi)
    criterion = nn.CrossEntropyLoss(reduction="sum")
    for _ in range(steps):
        leaf = point.clone().requires_grad_()
        with torch.enable_grad():
            criterion(model(leaf), y).backward()
        point = _project(point + alpha * leaf.grad.sign(), x.detach(), eps, lo, hi)
    for parameter, flag in flags.items():
        parameter.requires_grad_(flag)
    for module, mode in modes.items():
        module.training = mode
    return point


def _project(point, center, eps, lo, hi):
    point = torch.max(torch.min(point, center + eps), center - eps)
    return point.clamp(lo, hi)
