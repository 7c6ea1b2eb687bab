"""Per-graph pooling: see the statement for the rules."""

import torch


def segment_sum(x, batch, n_graphs):
    """Return the sum of each graph's nodes."""
    # Write: the refusals, every node added to the row of its graph.


def segment_mean(x, batch, n_graphs):
    """Return the mean of each graph's nodes."""
    # Write: sums, divided by the number of nodes; zeros where there are none.


def segment_max(x, batch, n_graphs):
    """Return the largest number of each graph's nodes, feature by feature."""
    # Write: largest numbers; zeros where there are no nodes.


def graph_logits(x, batch, n_graphs, W, b):
    """Return the logits of each graph."""
    return torch.zeros(n_graphs, len(b))
