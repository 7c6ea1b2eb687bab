"""Mistake: only parameters that require gradients get one."""

import torch


def inner(params, loss_fn, lr, steps, first_order=False):
    """Return the parameters after some steps on one task."""
    if steps < 0:
        raise ValueError("steps must not be negative")
    with torch.enable_grad():
        adapted = {name: _differentiable(tensor) for name, tensor in params.items()}
        for _ in range(steps):
            gradients = _slopes(loss_fn(adapted), adapted, create_graph=not first_order)
            adapted = {name: tensor - lr * gradients[name] for name, tensor in adapted.items()}
        return adapted


def meta_grad(params, tasks, lr, steps, first_order=False):
    """Return the gradient of the meta-objective, and its value."""
    if not tasks:
        raise ValueError("need a task")
    with torch.enable_grad():
        leaves = {name: _differentiable(tensor.detach()) for name, tensor in params.items()}
        wanted = [name for name, tensor in params.items() if tensor.requires_grad]
        losses = [query(inner(leaves, support, lr, steps, first_order)) for support, query in tasks]
        objective = torch.stack(losses).mean()
        found = _slopes(objective, leaves)
        return {name: found[name] for name in wanted}, objective.item()


def _differentiable(tensor):
    """Return a copy that requires a gradient, and hands it on if the tensor does."""
    copy = tensor.clone()
    return copy if copy.requires_grad else copy.requires_grad_()


def _slopes(loss, params, **options):
    gradients = torch.autograd.grad(loss, list(params.values()), materialize_grads=True, **options)
    return dict(zip(params, gradients))
