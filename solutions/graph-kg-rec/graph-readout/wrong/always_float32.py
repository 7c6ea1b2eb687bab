"""Mistake: returns float32."""

import torch


def segment_sum(x, batch, n_graphs):
    """Return the sum of each graph's nodes."""
    _check(x, batch, n_graphs)
    return x.new_zeros(n_graphs, x.shape[1]).index_add(0, batch, x)


def segment_mean(x, batch, n_graphs):
    """Return the mean of each graph's nodes."""
    sums = segment_sum(x, batch, n_graphs)
    return (sums / torch.bincount(batch, minlength=n_graphs).clamp(min=1)[:, None]).float()


def segment_max(x, batch, n_graphs):
    """Return the largest number of each graph's nodes, feature by feature."""
    _check(x, batch, n_graphs)
    # a start at 0 would count as one of the largest where they are 0, and take its part of the gradient
    start = x.new_full((n_graphs, x.shape[1]), -torch.inf)
    largest = start.scatter_reduce(0, batch[:, None].expand_as(x), x, "amax")
    return largest.masked_fill(largest == -torch.inf, 0)


def graph_logits(x, batch, n_graphs, W, b):
    """Return the logits of each graph."""
    return segment_mean(x, batch, n_graphs) @ W + b


def _check(x, batch, n_graphs):
    if x.ndim != 2 or batch.shape != x.shape[:1]:
        raise ValueError("need one graph number for each node")
    if ((batch < 0) | (batch >= n_graphs)).any():
        raise ValueError("a node belongs to a graph that does not exist")
