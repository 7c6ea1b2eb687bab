"""Right, but takes one graph after the other."""

import torch


def segment_sum(x, batch, n_graphs):
    """Return the sum of each graph's nodes."""
    _check(x, batch, n_graphs)
    return _loop(x, batch, n_graphs, lambda rows: rows.sum(dim=0))


def segment_mean(x, batch, n_graphs):
    """Return the mean of each graph's nodes."""
    sums = segment_sum(x, batch, n_graphs)
    return sums / torch.bincount(batch, minlength=n_graphs).clamp(min=1)[:, None]


def segment_max(x, batch, n_graphs):
    """Return the largest number of each graph's nodes, feature by feature."""
    _check(x, batch, n_graphs)
    return _loop(x, batch, n_graphs, lambda rows: rows.amax(dim=0))


def _loop(x, batch, n_graphs, pool):
    rows = [pool(x[batch == graph]) if (batch == graph).any() else x.new_zeros(x.shape[1]) for graph in range(n_graphs)]
    return torch.stack(rows) if rows else x.new_zeros(0, x.shape[1])


def graph_logits(x, batch, n_graphs, W, b):
    """Return the logits of each graph."""
    return segment_mean(x, batch, n_graphs) @ W + b


def _check(x, batch, n_graphs):
    if x.ndim != 2 or batch.shape != x.shape[:1]:
        raise ValueError("need one graph number for each node")
    if ((batch < 0) | (batch >= n_graphs)).any():
        raise ValueError("a node belongs to a graph that does not exist")
