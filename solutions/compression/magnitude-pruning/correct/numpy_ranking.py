"""Ranks with numpy's lexsort; masks gradients by index assignment."""

import numpy as np
import torch


def prune_global(model, amount):
    """Return the masks of all prunable parameters: True where a weight is kept."""
    if amount not in (0, 1) and not 0 < amount < 1:
        raise ValueError("a share of all weights, please")
    names, shapes, sizes = [], [], []
    for name, parameter in model.named_parameters():
        if len(parameter.shape) >= 2:
            names.append(name)
            shapes.append(tuple(parameter.shape))
            sizes.append(np.abs(parameter.detach().to(torch.float64).numpy()).ravel())
    if not names:
        return {}
    flat = np.concatenate(sizes)
    order = np.lexsort((np.arange(flat.size), flat))
    flags = np.zeros(flat.size, dtype=bool)
    flags[order[round(amount * flat.size) :]] = True
    ends = np.cumsum([size.size for size in sizes])
    pieces = np.split(flags, ends[:-1])
    return {name: torch.from_numpy(piece.reshape(shape)) for name, piece, shape in zip(names, pieces, shapes)}


def apply_masks(model, masks):
    """Set dropped weights to zero, in place."""
    known = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    if any(known.get(name) != tuple(mask.shape) for name, mask in masks.items()):
        raise ValueError("masks and parameters do not fit")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in masks:
                parameter[torch.logical_not(masks[name])] = 0.0


def sparse_step(model, opt, loss, masks):
    """Make one training step in which dropped weights stay zero; return the loss."""
    value = float(loss.detach())
    opt.zero_grad(set_to_none=True)
    loss.backward()
    for name, parameter in model.named_parameters():
        mask = masks.get(name)
        if mask is not None and parameter.grad is not None:
            parameter.grad[~mask] = 0.0
    opt.step()
    apply_masks(model, masks)
    return value
