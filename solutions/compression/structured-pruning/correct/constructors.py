"""Makes each new layer by its constructor and loads the kept numbers into it."""

import torch
from torch import nn


def prune_neurons(first: nn.Linear, second: nn.Linear, keep: int) -> tuple[nn.Linear, nn.Linear]:
    """Return two smaller linear layers that hold the best neurons only."""
    if first.out_features != second.in_features:
        raise ValueError("sizes of the layers differ")
    scores = size(first.weight, 0) * size(second.weight, 1)
    kept = choose(scores, keep)
    return linear(first, first.weight[kept], kept), linear(second, second.weight[:, kept], None)


def prune_channels(conv, norm, after, keep):
    """Return a smaller convolution, its normalisation, and the layer that reads them."""
    n = conv.out_channels
    if norm is not None and norm.num_features != n:
        raise ValueError("normalisation of another size")
    scores = size(conv.weight, 0)
    if norm is not None and norm.weight is not None:
        scores = scores * norm.weight.detach().double().abs()
    if isinstance(after, nn.Conv2d):
        if after.in_channels != n:
            raise ValueError("convolution of another size")
        kept = choose(scores * size(after.weight, 1), keep)
        last = convolution(after, after.weight[:, kept], None)
    else:
        places, left = divmod(after.in_features, n)
        if left:
            raise ValueError("maps of another size")
        kept = choose(scores * size(after.weight.reshape(-1, n, places), 1), keep)
        columns = [c * places + place for c in kept for place in range(places)]
        last = linear(after, after.weight[:, columns], None)
    return convolution(conv, conv.weight[kept], kept), normalisation(norm, kept), last


def size(weight: torch.Tensor, axis: int) -> torch.Tensor:
    """Return the norms of the slices along an axis."""
    squares = weight.detach().double() ** 2
    return squares.sum([other for other in range(weight.dim()) if other != axis]).sqrt()


def choose(scores: torch.Tensor, keep: int) -> list[int]:
    """Return the indices of the highest scores."""
    if keep < 1 or keep > len(scores):
        raise ValueError("so many cannot be kept")
    values = scores.tolist()
    ranked = sorted(range(len(values)), key=lambda index: values[index], reverse=True)
    return sorted(ranked[:keep])


def linear(old, weight, rows):
    """Make a linear layer of this weight."""
    new = nn.Linear(weight.shape[1], weight.shape[0], old.bias is not None, dtype=weight.dtype, device=weight.device)
    return fill(new, old, weight, rows)


def convolution(old, weight, rows):
    """Make a convolution of this weight."""
    settings = {name: getattr(old, name) for name in ("stride", "padding", "dilation", "padding_mode")}
    settings |= {"bias": old.bias is not None, "dtype": weight.dtype, "device": weight.device}
    return fill(nn.Conv2d(weight.shape[1], weight.shape[0], old.kernel_size, **settings), old, weight, rows)


@torch.no_grad()
def fill(new, old, weight, rows):
    """Copy numbers and flags."""
    new.weight.copy_(weight)
    new.weight.requires_grad_(old.weight.requires_grad)
    if old.bias is not None:
        new.bias.copy_(old.bias if rows is None else old.bias[rows])
        new.bias.requires_grad_(old.bias.requires_grad)
    return new.train(old.training)


def normalisation(old, kept):
    """Make a normalisation of the kept channels."""
    if old is None:
        return None
    new = nn.BatchNorm2d(len(kept), old.eps, old.momentum, old.affine, old.track_running_stats)
    state = {name: t[kept] if t.dim() else t for name, t in old.state_dict().items()}
    floats = [t for t in state.values() if t.is_floating_point()]
    new.to(floats[0] if floats else torch.zeros(())).load_state_dict(state)
    for name, parameter in new.named_parameters():
        parameter.requires_grad_(getattr(old, name).requires_grad)
    return new.train(old.training)
