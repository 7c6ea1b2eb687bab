"""Deep copies of the layers, of which sizes and tensors are replaced by name."""

import copy

import torch
from torch import nn


def _norms(rows):
    """Return the Euclidean norm of each entry along the first dimension, in float64."""
    rows = rows.detach().double().flatten(1).contiguous()
    return torch.linalg.vector_norm(rows, dim=1)


def _best(scores, keep):
    return torch.argsort(scores, descending=True, stable=True)[:keep].sort().values


def _smaller(layer, sizes, tensors):
    """Copy a layer; give it other sizes, and other values in the tensors named."""
    new = copy.deepcopy(layer)
    for name, size in sizes.items():
        setattr(new, name, size)
    for name, value in tensors.items():
        if value is None:
            continue
        old = getattr(layer, name)
        value = value.detach().clone()
        if isinstance(old, nn.Parameter):
            value = nn.Parameter(value, requires_grad=old.requires_grad)
        setattr(new, name, value)
    return new


def _pick(tensor, index):
    return None if tensor is None else tensor[index]


def _check_keep(keep, n):
    if not 1 <= keep <= n:
        raise ValueError(f"keep must lie between 1 and {n}")


def prune_neurons(first, second, keep):
    """Return two smaller linear layers that hold the best neurons only."""
    n = first.out_features
    if second.in_features != n:
        raise ValueError("the layers do not fit together")
    _check_keep(keep, n)
    best = _best(_norms(first.weight) * _norms(second.weight.t()), keep)
    return (
        _smaller(first, {"out_features": keep}, {"weight": first.weight[best], "bias": _pick(first.bias, best)}),
        _smaller(second, {"in_features": keep}, {"weight": second.weight[:, best]}),
    )


def prune_channels(conv, norm, after, keep):
    """Return a smaller convolution, its normalisation, and the layer that reads them."""
    n = conv.out_channels
    _check_keep(keep, n)
    if norm is not None and norm.num_features != n:
        raise ValueError("the normalisation does not have as many features as there are channels")
    if isinstance(after, nn.Linear):
        if after.in_features % n:
            raise ValueError("in_features is no multiple of the number of channels")
        reads = after.weight.unflatten(1, (n, after.in_features // n))
    else:
        if after.in_channels != n:
            raise ValueError("the convolutions do not fit together")
        reads = after.weight

    scores = _norms(conv.weight) * _norms(reads.transpose(0, 1))
    if norm is not None and norm.weight is not None:
        scores = scores * norm.weight.detach().double().abs()
    best = _best(scores, keep)

    new_conv = _smaller(conv, {"out_channels": keep}, {"weight": conv.weight[best], "bias": _pick(conv.bias, best)})
    new_norm = None
    if norm is not None:
        names = ("weight", "bias", "running_mean", "running_var")
        new_norm = _smaller(norm, {"num_features": keep}, {name: _pick(getattr(norm, name), best) for name in names})
    if isinstance(after, nn.Linear):
        weight = reads[:, best].flatten(1)
        new_after = _smaller(after, {"in_features": weight.shape[1]}, {"weight": weight})
    else:
        new_after = _smaller(after, {"in_channels": keep}, {"weight": reads[:, best]})
    return new_conv, new_norm, new_after
