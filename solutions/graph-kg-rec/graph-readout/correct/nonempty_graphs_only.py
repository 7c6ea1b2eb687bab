"""Reduces by scatter_reduce and scatter_add over the graphs that have nodes, and puts the rows where they belong."""

import torch


def _known(x, batch, n_graphs):
    if x.ndim != 2 or batch.ndim != 1 or batch.shape[0] != x.shape[0]:
        raise ValueError("one graph number per node")
    graphs, places, sizes = torch.unique(batch, return_inverse=True, return_counts=True)
    if len(graphs) and (graphs[0] < 0 or graphs[-1] > n_graphs - 1):
        raise ValueError("no such graph")
    return graphs, places, sizes


def _spread(rows, graphs, x, n_graphs):
    return torch.zeros(n_graphs, x.shape[1], dtype=x.dtype).index_copy(0, graphs, rows)


def segment_sum(x, batch, n_graphs):
    """Return the sum of each graph's nodes."""
    graphs, places, _ = _known(x, batch, n_graphs)
    rows = torch.zeros(len(graphs), x.shape[1], dtype=x.dtype)
    rows = rows.scatter_add(0, places.unsqueeze(1).expand(-1, x.shape[1]), x)
    return _spread(rows, graphs, x, n_graphs)


def segment_mean(x, batch, n_graphs):
    """Return the mean of each graph's nodes."""
    sizes = _known(x, batch, n_graphs)[2]
    if len(sizes) == 0:
        return segment_sum(x, batch, n_graphs)
    weights = 1.0 / torch.bincount(batch, minlength=n_graphs)[batch].to(x.dtype)
    return segment_sum(x * weights[:, None], batch, n_graphs)


def segment_max(x, batch, n_graphs):
    """Return the largest number of each graph's nodes, feature by feature."""
    graphs, places, _ = _known(x, batch, n_graphs)
    rows = torch.full((len(graphs), x.shape[1]), -torch.inf, dtype=x.dtype)
    rows = rows.scatter_reduce(0, places.unsqueeze(1).expand(-1, x.shape[1]), x, reduce="amax", include_self=True)
    return _spread(rows, graphs, x, n_graphs)


def graph_logits(x, batch, n_graphs, W, b):
    """Return the logits of each graph."""
    return torch.einsum("gf,fc->gc", segment_mean(x, batch, n_graphs), W) + b
