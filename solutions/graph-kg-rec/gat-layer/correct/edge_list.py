"""Works on the list of edges: one logit for each, a softmax by sums over the edges of a node."""

import torch


def gat(
    X: torch.Tensor,
    A: torch.Tensor,
    W: torch.Tensor,
    a_src: torch.Tensor,
    a_dst: torch.Tensor,
    slope: float,
    concat: bool = True,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what each node hears, and how much it listens to each other."""
    n, heads = X.shape[0], W.shape[0]
    if tuple(A.shape) != (n, n):
        raise ValueError("the matrix does not fit the nodes")
    matrix = A.bool().clone()
    matrix.fill_diagonal_(True)
    i, j = torch.nonzero(matrix, as_tuple=True)
    Z = torch.einsum("nf,hfd->hnd", X, W)
    value = torch.einsum("hnd,hd->hn", Z, a_dst)[:, i] + torch.einsum("hnd,hd->hn", Z, a_src)[:, j]
    value = torch.where(value > 0, value, slope * value)
    places = i.expand(heads, -1)
    top = torch.full((heads, n), -torch.inf, dtype=X.dtype).scatter_reduce(1, places, value.detach(), "amax")
    weight = torch.exp(value - top[:, i])
    total = torch.zeros(heads, n, dtype=X.dtype).index_add(1, i, weight)
    share = weight / total[:, i]
    alpha = torch.zeros(heads, n, n, dtype=X.dtype).index_put((torch.arange(heads)[:, None], i, j), share)
    out = torch.zeros_like(Z).index_add(1, i, share[:, :, None] * Z[:, j])
    if concat:
        return torch.cat(tuple(out), dim=1), alpha
    return out.sum(dim=0) / heads, alpha
