"""The loss in float64, on a clone of each point; one helper for the gradient step of both attacks."""

import contextlib

import torch
import torch.nn.functional as F


@contextlib.contextmanager
def _eval_mode(model):
    """Put the model in eval mode, and each module back into its own mode afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def _check(x, lo, hi, *sizes):
    for size in sizes:
        if not size >= 0:
            raise ValueError("eps and alpha must be at least 0")
    if not bool(((x >= lo) & (x <= hi)).all()):
        raise ValueError("x must lie within lo ... hi")


def _step(model, point, y, size):
    """Go from a point by size in the direction of the gradient's sign. The model is in eval mode."""
    with torch.enable_grad():
        leaf = point.detach().clone().requires_grad_(True)
        # A clone of the leaf, so that a model may work in place on its input.
        logits = model(leaf.clone())
        # In float64 1 - p does not vanish so soon.
        loss = F.cross_entropy(logits.double(), y, reduction="sum")
        grad = None
        if loss.requires_grad:
            (grad,) = torch.autograd.grad(loss, leaf, allow_unused=True)
    point = point.detach()
    if grad is None:
        return point.clone()
    # where, because 0 * inf is NaN
    return torch.where(grad == 0, point, point + size * grad.sign())


def fgsm(model, x, y, eps, lo=0.0, hi=1.0):
    """Return inputs one step of size eps away, where the loss is larger."""
    _check(x, lo, hi, eps)
    with _eval_mode(model):
        return _step(model, x, y, eps).clamp(lo, hi).detach()


def pgd(model, x, y, eps, alpha, steps, lo=0.0, hi=1.0, start=None):
    """Return inputs many small steps away, never farther than eps."""
    _check(x, lo, hi, eps, alpha)
    if steps < 0:
        raise ValueError("steps must be at least 0")
    origin = x.detach()
    lower = (origin - eps).clamp(min=lo)
    upper = (origin + eps).clamp(max=hi)

    def project(point):
        return torch.minimum(torch.maximum(point, lower), upper)

    point = origin.clone() if start is None else origin + start.detach().to(x.dtype)
    point = project(point)
    with _eval_mode(model):
        for _ in range(steps):
            point = project(_step(model, point, y, alpha))
    return point.detach()
