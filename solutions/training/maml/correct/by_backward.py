"""Adds up task by task; the outer gradient is collected by backward() in private leaves."""

import torch


@torch.enable_grad()
def inner(params, loss_fn, lr, steps, first_order=False):
    if steps < 0:
        raise ValueError("negative steps")
    names = list(params)
    values = [params[name] * 1 if params[name].requires_grad else params[name].detach().clone() for name in names]
    for value in values:
        value.requires_grad_(True)
    for _ in range(steps):
        loss = loss_fn(dict(zip(names, values)))
        slopes = torch.autograd.grad(loss, values, create_graph=True, allow_unused=True)
        moved = []
        for value, slope in zip(values, slopes):
            if slope is None:
                moved.append(value)
            else:
                moved.append(torch.sub(value, slope.detach() if first_order else slope, alpha=lr))
        values = moved
    return dict(zip(names, values))


@torch.enable_grad()
def meta_grad(params, tasks, lr, steps, first_order=False):
    if steps < 0 or len(tasks) == 0:
        raise ValueError("nothing to do")
    total = {name: torch.zeros_like(tensor, requires_grad=False) for name, tensor in params.items()}
    value = 0.0
    for support, query in tasks:
        leaves = {name: tensor.detach().clone().requires_grad_(True) for name, tensor in params.items()}
        loss = query(inner(leaves, support, lr, steps, first_order))
        loss.backward()
        value += loss.item() / len(tasks)
        for name, leaf in leaves.items():
            if leaf.grad is not None:
                total[name] += leaf.grad.detach() / len(tasks)
    return total, value
