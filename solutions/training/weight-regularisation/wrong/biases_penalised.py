"""Mistake: biases are always penalised"""

import math

import torch


def penalty(model, l1, l2, skip_bias=True):
    """Return the penalty on the weights, to be added to a loss."""
    _refuse(l1, l2)
    total = torch.zeros((), dtype=next(model.parameters()).dtype)
    for w in model.parameters():
        if w.requires_grad:
            total = total + l1 * w.abs().sum() + l2 * w.square().sum()
    return total


@torch.no_grad()
def decay_step(model, rule, lr, wd, coupled):
    """Make one step with weight decay, in place."""
    _refuse(lr, wd)
    for name, w in model.named_parameters():
        if w.requires_grad and w.grad is not None:
            decay = wd * w if w.dim() > 1 else torch.zeros_like(w)
            if coupled:
                w -= lr * rule(name, w.grad + decay)
            else:
                w -= lr * rule(name, w.grad.clone()) + lr * decay


def dropout(x, p, u, train):
    """Drop values, by the uniform numbers u."""
    if not 0 <= p <= 1:
        raise ValueError("p must be from 0 to 1")
    if not train:
        return x
    if u.shape != x.shape:
        raise ValueError("u must have the shape of x")
    kept = u >= p
    # chosen before the division, for NaN times 0 would be NaN, in the gradient too
    return x.masked_fill(~kept, 0) / (1 - p if p < 1 else 1)


def _refuse(*numbers):
    if not all(0 <= number < math.inf for number in numbers):
        raise ValueError("these numbers must be finite and at least 0")
