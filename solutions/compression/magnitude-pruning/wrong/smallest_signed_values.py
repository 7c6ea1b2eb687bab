"""Mistake: the sign is not taken off, so that large negative weights go first."""

import torch


def prune_global(model, amount):
    """Return the masks of all prunable parameters: True where a weight is kept."""
    if not 0 <= amount <= 1:
        raise ValueError(f"amount must be from 0 to 1, not {amount}")
    weights = {name: weight.detach() for name, weight in model.named_parameters() if weight.ndim >= 2}
    if not weights:
        return {}
    magnitudes = torch.cat([weight.double().flatten() for weight in weights.values()])
    dropped = magnitudes.argsort(stable=True)[: round(amount * len(magnitudes))]
    kept = torch.ones_like(magnitudes, dtype=torch.bool)
    kept[dropped] = False
    parts = kept.split([weight.numel() for weight in weights.values()])
    return {name: part.reshape(weight.shape) for (name, weight), part in zip(weights.items(), parts)}


@torch.no_grad()
def apply_masks(model, masks):
    """Set dropped weights to zero, in place."""
    parameters = dict(model.named_parameters())
    for name, mask in masks.items():
        if name not in parameters or parameters[name].shape != mask.shape:
            raise ValueError(f"the mask {name!r} fits no parameter")
    for name, mask in masks.items():
        # a product would leave NaN where NaN was
        parameters[name].masked_fill_(~mask, 0)


def sparse_step(model, opt, loss, masks):
    """Make one training step in which dropped weights stay zero; return the loss."""
    opt.zero_grad()
    loss.backward()
    parameters = dict(model.named_parameters())
    for name, mask in masks.items():
        if parameters[name].grad is not None:
            parameters[name].grad.masked_fill_(~mask, 0)
    opt.step()
    # momentum from before the pruning moves weights without any gradient
    apply_masks(model, masks)
    return loss.item()
