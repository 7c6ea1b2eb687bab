"""New weights are computed aside and written back; dropout chooses by `where`."""

import math

import torch


def _check(**numbers):
    for name, value in numbers.items():
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"{name} must be a finite number of at least 0")


def penalty(model, l1, l2, skip_bias=True):
    """Return the penalty on the weights, to be added to a loss."""
    _check(l1=l1, l2=l2)
    first = next(model.parameters(), None)
    total = torch.zeros(()) if first is None else first.detach().new_zeros(())
    for w in model.parameters():
        if w.requires_grad and (w.dim() >= 2 or not skip_bias):
            total = total + l1 * w.abs().sum() + l2 * w.square().sum()
    return total


@torch.no_grad()
def decay_step(model, rule, lr, wd, coupled):
    """Make one step with weight decay, in place."""
    _check(lr=lr, wd=wd)
    for name, w in model.named_parameters():
        if not w.requires_grad or w.grad is None:
            continue
        decay = wd if w.dim() >= 2 else 0.0
        g = w.grad.clone()
        if coupled:
            if decay:
                g += decay * w
            w.copy_(w - lr * rule(name, g))
        else:
            direction = rule(name, g)
            w.copy_(w - lr * direction - lr * decay * w)


def dropout(x, p, u, train):
    """Drop values, by the uniform numbers u."""
    if not 0 <= p <= 1:
        raise ValueError("p must be a number from 0 to 1")
    if not train:
        return x
    if u is None or u.shape != x.shape:
        raise ValueError("u must have the shape of x")
    kept = torch.where(u >= p, x, x.new_zeros(()))
    return kept / (1 - p) if p < 1 else kept
