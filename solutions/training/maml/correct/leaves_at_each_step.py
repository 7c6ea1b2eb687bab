"""Each step begins at new leaves where no graph is needed; the outer gradient is summed task by task."""

from collections.abc import Callable

import torch

Params = dict[str, torch.Tensor]
Loss = Callable[[Params], torch.Tensor]


def inner(params: Params, loss_fn: Loss, lr: float, steps: int, first_order: bool = False) -> Params:
    """Return the parameters after some steps on one task."""
    if steps < 0:
        raise ValueError("steps must not be negative")
    names = list(params)
    second_order = not first_order and any(p.requires_grad for p in params.values())
    with torch.enable_grad():
        current = {name: p.clone() for name, p in params.items()}
        for _ in range(steps):
            # What has no graph yet, or need not have one, becomes a leaf for this step alone.
            at = {
                name: p if second_order and p.requires_grad else p.detach().requires_grad_()
                for name, p in current.items()
            }
            grads = _gradients(loss_fn(dict(at)), [at[name] for name in names], second_order)
            current = {
                name: current[name] if grad is None else current[name] - lr * grad
                for name, grad in zip(names, grads, strict=True)
            }
    return current


def meta_grad(
    params: Params, tasks: list[tuple[Loss, Loss]], lr: float, steps: int, first_order: bool = False
) -> tuple[Params, float]:
    """Return the gradient of the meta-objective, and its value."""
    if len(tasks) == 0:
        raise ValueError("there must be at least one task")
    if steps < 0:
        raise ValueError("steps must not be negative")
    start = {name: p.detach().clone().requires_grad_() for name, p in params.items()}
    total = {name: torch.zeros_like(p) for name, p in params.items()}
    value = 0.0
    for support_loss, query_loss in tasks:
        with torch.enable_grad():
            # To first order the adapted parameters are the start plus constants,
            # so the gradient at the start is that at the adapted parameters.
            loss = query_loss(inner(start, support_loss, lr, steps, first_order))
            grads = _gradients(loss, list(start.values()), create_graph=False)
        value += loss.item()
        for name, grad in zip(start, grads, strict=True):
            if grad is not None:
                total[name] += grad
    return {name: grad / len(tasks) for name, grad in total.items()}, value / len(tasks)


def _gradients(loss: torch.Tensor, inputs: list[torch.Tensor], create_graph: bool) -> list[torch.Tensor | None]:
    if not inputs or not loss.requires_grad:
        return [None] * len(inputs)
    return list(torch.autograd.grad(loss, inputs, create_graph=create_graph, allow_unused=True))
