"""Mistake: a normalisation without a weight is not expected."""

import copy

from torch import nn


def prune_neurons(first, second, keep):
    """Return two smaller linear layers that hold the best neurons only."""
    if second.in_features != first.out_features:
        raise ValueError("the layers do not fit together")
    kept = _best(keep, _norms(first.weight), _norms(second.weight.T))
    return _rows(first, kept, "out_features"), _readers(second, kept, first.out_features)


def prune_channels(conv, norm, after, keep):
    """Return a smaller convolution, its normalisation, and the layer that reads them."""
    n = conv.out_channels
    inputs = after.in_features if isinstance(after, nn.Linear) else after.in_channels
    if inputs % n or (isinstance(after, nn.Conv2d) and inputs != n):
        raise ValueError(f"the last layer cannot read {n} channels")
    if norm is not None and norm.num_features != n:
        raise ValueError(f"the normalisation is not of {n} channels")
    # one row per channel, whether a channel is read by a kernel or by the columns of its map
    read = after.weight.unflatten(1, (n, -1)).transpose(0, 1)
    scale = 1.0 if norm is None else norm.weight.double().abs()
    kept = _best(keep, _norms(conv.weight), scale * _norms(read))
    small_norm = None if norm is None else _rows(norm, kept, "num_features")
    return _rows(conv, kept, "out_channels"), small_norm, _readers(after, kept, n)


def _norms(rows):
    """Return the Euclidean norm of each row, of any shape."""
    return rows.double().flatten(1).norm(dim=1)


def _best(keep, *factors):
    """Return the indices of the highest products, in ascending order."""
    scores = factors[0] * factors[1]
    if not 1 <= keep <= len(scores):
        raise ValueError(f"cannot keep {keep} of {len(scores)}")
    return scores.argsort(descending=True, stable=True)[:keep].sort().values


def _rows(layer, kept, size):
    """Return a copy of a layer with these rows of all its tensors."""
    return _replaced(layer, {name: t[kept] for name, t in layer.state_dict().items() if t.ndim}, size, len(kept))


def _readers(layer, kept, n):
    """Return a copy of a layer that reads only these of n channels."""
    weight = layer.weight.unflatten(1, (n, -1))[:, kept].flatten(1, 2)
    size = "in_features" if isinstance(layer, nn.Linear) else "in_channels"
    return _replaced(layer, {"weight": weight}, size, weight.shape[1])


def _replaced(layer, tensors, size, value):
    small = copy.deepcopy(layer)
    setattr(small, size, value)
    for name, tensor in tensors.items():
        old = getattr(small, name)
        trainable = isinstance(old, nn.Parameter)
        setattr(small, name, nn.Parameter(tensor.detach(), old.requires_grad) if trainable else tensor)
    return small
