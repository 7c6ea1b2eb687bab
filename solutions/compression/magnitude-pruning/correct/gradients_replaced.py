"""One stable ranking in float64; a parameter that the optimizer holds gets a masked gradient in place of its own."""

import torch


def prune_global(model, amount):
    """Return the masks of all prunable parameters: True where a weight is kept."""
    if not 0 <= amount <= 1:
        raise ValueError("amount must lie between 0 and 1")
    prunable = {name: p.detach() for name, p in model.named_parameters() if p.dim() >= 2}
    if not prunable:
        return {}
    # float64 holds every value of the other dtypes exactly.
    magnitudes = torch.cat([p.double().abs().reshape(-1).cpu() for p in prunable.values()])
    count = int(round(amount * magnitudes.numel()))
    keep = torch.ones(magnitudes.numel(), dtype=torch.bool)
    keep[torch.argsort(magnitudes, stable=True)[:count]] = False
    parts = keep.split([p.numel() for p in prunable.values()])
    return {
        name: part.reshape(p.shape).to(p.device, copy=True)
        for (name, p), part in zip(prunable.items(), parts, strict=True)
    }


def apply_masks(model, masks):
    """Set dropped weights to zero, in place."""
    parameters = dict(model.named_parameters())
    for name, mask in masks.items():
        if name not in parameters:
            raise ValueError(f"the model has no parameter {name!r}")
        if mask.shape != parameters[name].shape:
            raise ValueError(f"the mask of {name!r} does not have the parameter's shape")
    with torch.no_grad():
        for name, mask in masks.items():
            p = parameters[name]
            p.masked_fill_(~mask.to(p.device), 0)


def sparse_step(model, opt, loss, masks):
    """Make one training step in which dropped weights stay zero; return the loss."""
    value = float(loss.item())
    trained = {id(p) for group in opt.param_groups for p in group["params"]}
    opt.zero_grad(set_to_none=True)
    loss.backward()
    for name, p in model.named_parameters():
        if name in masks and id(p) in trained and p.grad is not None:
            p.grad = p.grad.masked_fill(~masks[name].to(p.device), 0)
    opt.step()
    apply_masks(model, masks)
    return value
