"""FGSM and PGD written apart, on a perturbation that is limited by the distances to the bounds."""

import torch


def fgsm(model, x, y, eps, lo=0.0, hi=1.0):
    """Return inputs one step of size eps away, where the loss is larger."""
    _check(x, lo, hi, eps)
    clean = x.detach()
    return torch.minimum(torch.maximum(clean + eps * _direction(model, clean, y), _full(clean, lo)), _full(clean, hi))


def pgd(model, x, y, eps, alpha, steps, lo=0.0, hi=1.0, start=None):
    """Return inputs many small steps away, never farther than eps."""
    _check(x, lo, hi, eps, alpha, steps)
    clean = x.detach().clone()
    nearest = torch.maximum(_full(clean, -eps), lo - clean)
    farthest = torch.minimum(_full(clean, eps), hi - clean)
    offset = torch.zeros_like(clean) if start is None else start.detach().clone()
    offset = torch.minimum(torch.maximum(offset, nearest), farthest)
    for _ in range(steps):
        offset = offset + alpha * _direction(model, clean + offset, y)
        offset = torch.minimum(torch.maximum(offset, nearest), farthest)
    return clean + offset


def _full(like, value):
    return torch.full_like(like, value)


def _check(x, lo, hi, *numbers):
    if any(number != number or number < 0 for number in numbers):
        raise ValueError("a number is negative or NaN")
    if x.numel() and not (x.min() >= lo and x.max() <= hi):
        raise ValueError("the inputs leave their range")


def _direction(model, at, y):
    """Return the sign of the gradient; the modes of all modules are put back."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    with torch.enable_grad():
        at = at.clone().requires_grad_(True)
        log_probabilities = model(at).log_softmax(dim=1)
        loss = -log_probabilities[torch.arange(len(y)), y].sum()
        slope = torch.autograd.grad(loss, [at])[0]
    for module in training:
        module.training = True
    return torch.sign(slope)
