"""The value of the largest number, with the gradient of the mean of the nodes that hold it."""

import torch


def _check(x, batch, n_graphs):
    if x.ndim != 2:
        raise ValueError("x must have two dimensions")
    if batch.ndim != 1 or len(batch) != len(x):
        raise ValueError("batch must hold one number per node")
    if ((batch < 0) | (batch >= n_graphs)).any():
        raise ValueError("there is no such graph")


def _sums(x, batch, n_graphs):
    return x.new_zeros(n_graphs, x.shape[1]).index_add(0, batch, x)


def segment_sum(x, batch, n_graphs):
    """Return the sum of each graph's nodes."""
    _check(x, batch, n_graphs)
    return _sums(x.double(), batch, n_graphs).to(x.dtype)


def segment_mean(x, batch, n_graphs):
    """Return the mean of each graph's nodes."""
    _check(x, batch, n_graphs)
    counts = torch.bincount(batch, minlength=n_graphs).clamp(min=1)
    return (_sums(x.double(), batch, n_graphs) / counts[:, None]).to(x.dtype)


def segment_max(x, batch, n_graphs):
    """Return the largest number of each graph's nodes, feature by feature."""
    _check(x, batch, n_graphs)
    if x.numel() == 0:
        return _sums(x, batch, n_graphs)
    with torch.no_grad():
        places = batch[:, None].expand_as(x)
        zeros = x.new_zeros(n_graphs, x.shape[1])
        largest = zeros.scatter_reduce(0, places, x, reduce="amax", include_self=False)
        holds = (x == largest[batch]).to(x.dtype)
        parts = holds / _sums(holds, batch, n_graphs)[batch]
    # The value is exact; the gradient is that of the mean of the nodes that hold it.
    mean = _sums(x * parts, batch, n_graphs)
    return largest + (mean - mean.detach())


def graph_logits(x, batch, n_graphs, W, b):
    """Return the logits of each graph."""
    return segment_mean(x, batch, n_graphs) @ W + b
