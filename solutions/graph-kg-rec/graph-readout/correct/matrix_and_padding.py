"""Sums by a matrix of memberships; the largest by giving every graph a padded block of its own."""

import torch


def checked(x, batch, n_graphs):
    """Refuse what does not fit."""
    if x.dim() != 2 or batch.dim() != 1 or len(x) != len(batch):
        raise ValueError("shapes do not fit")
    if len(batch) and not (0 <= int(batch.min()) <= int(batch.max()) < n_graphs):
        raise ValueError("unknown graph")


def membership(x, batch, n_graphs):
    """Return who belongs to whom, as numbers of the dtype of x."""
    checked(x, batch, n_graphs)
    return (torch.arange(n_graphs)[:, None] == batch).to(x.dtype)


def segment_sum(x: torch.Tensor, batch: torch.Tensor, n_graphs: int) -> torch.Tensor:
    """Return the sum of each graph's nodes."""
    return membership(x, batch, n_graphs) @ x


def segment_mean(x: torch.Tensor, batch: torch.Tensor, n_graphs: int) -> torch.Tensor:
    """Return the mean of each graph's nodes."""
    members = membership(x, batch, n_graphs)
    return (members @ x) / members.sum(dim=1, keepdim=True).clamp_min(1)


def segment_max(x: torch.Tensor, batch: torch.Tensor, n_graphs: int) -> torch.Tensor:
    """Return the largest number of each graph's nodes, feature by feature."""
    checked(x, batch, n_graphs)
    if x.numel() == 0:
        return x.new_zeros(n_graphs, x.shape[1])
    order = torch.argsort(batch)
    sizes = torch.bincount(batch, minlength=n_graphs)
    starts = torch.cumsum(sizes, dim=0) - sizes
    within = torch.arange(len(x)) - starts[batch[order]]
    block = torch.full((n_graphs, int(sizes.max()), x.shape[1]), float("-inf"), dtype=x.dtype)
    block = block.index_put((batch[order], within), x[order])
    return torch.where((sizes > 0)[:, None], block.amax(dim=1), torch.zeros((), dtype=x.dtype))


def graph_logits(x, batch, n_graphs, W, b):
    """Return the logits of each graph."""
    return torch.addmm(b, segment_mean(x, batch, n_graphs), W)
