"""Works out boolean masks in numpy; cuts copies of the layers in place."""

from copy import deepcopy

import numpy as np
import torch
from torch import nn


def prune_neurons(first, second, keep):
    """Return two smaller linear layers that hold the best neurons only."""
    if second.in_features % first.out_features or second.in_features > first.out_features:
        raise ValueError("the second layer reads something else")
    first, _, second = prune(first, None, second, keep)
    return first, second


def prune_channels(conv, norm, after, keep):
    """Return a smaller convolution, its normalisation, and the layer that reads them."""
    if norm is not None and norm.num_features != conv.out_channels:
        raise ValueError("the normalisation does not fit")
    if isinstance(after, nn.Conv2d) and after.in_channels != conv.out_channels:
        raise ValueError("the next convolution does not fit")
    return prune(conv, norm, after, keep)


def prune(first, norm, after, keep):
    """Return cut copies of the layers."""
    n = len(first.weight)
    if after.weight.shape[1] % n or keep not in range(1, n + 1):
        raise ValueError("nothing sensible would remain")
    mask = best(first, norm, after, n, keep)
    first, norm, after = deepcopy((first, norm, after))
    cut(first, {name: mask for name, _ in first.named_parameters()})
    if norm is not None:
        cut(norm, {name: mask for name, tensor in norm.state_dict().items() if tensor.dim() == 1})
        norm.num_features = keep
    columns = torch.from_numpy(np.repeat(mask.numpy(), after.weight.shape[1] // n))
    cut(after, {"weight": (slice(None), columns)})
    return first, norm, after


def best(first, norm, after, n, keep):
    """Return which channels are kept."""
    fed, read = (layer.weight.detach().double().numpy() for layer in (first, after))
    read = np.moveaxis(read.reshape(len(read), n, -1), 1, 0)
    score = np.sqrt((fed.reshape(n, -1) ** 2).sum(1)) * np.sqrt((read.reshape(n, -1) ** 2).sum(1))
    if norm is not None and norm.affine:
        score *= np.abs(norm.weight.detach().double().numpy())
    mask = np.zeros(n, dtype=bool)
    mask[np.lexsort((np.arange(n), -score))[:keep]] = True
    return torch.from_numpy(mask)


def cut(layer, places):
    """Keep of each named tensor what stands at its places, and correct the sizes."""
    for name, place in places.items():
        old = getattr(layer, name)
        new = old.detach()[place].clone()
        setattr(layer, name, nn.Parameter(new, old.requires_grad) if isinstance(old, nn.Parameter) else new)
    if isinstance(layer, nn.Linear):
        layer.out_features, layer.in_features = layer.weight.shape
    elif isinstance(layer, nn.Conv2d):
        layer.out_channels, layer.in_channels = layer.weight.shape[:2]
