"""Right, but asks row after row in Python."""

import torch


def nt_xent(z1, z2, T):
    """Return the mean contrastive loss of all rows of both views."""
    if z1.shape != z2.shape or z1.ndim != 2 or len(z1) == 0 or not T > 0:
        raise ValueError("two views of the same images and a positive temperature are needed")
    rows = []
    for row in torch.cat([z1, z2]):
        length = row.norm()
        rows.append(row / torch.where(length > 0, length, 1))
    table = torch.stack(rows)
    losses = []
    for i, row in enumerate(rows):
        scores = torch.cat([table[:i], table[i + 1 :]]) @ row / T
        partner = (i + len(z1)) % len(rows)
        losses.append(scores.logsumexp(0) - table[partner] @ row / T)
    return torch.stack(losses).mean()


def value_and_slopes(z1, z2, T):
    """Return the loss and its gradients with respect to both views, detached."""
    views = [z.detach().clone().requires_grad_() for z in (z1, z2)]
    loss = nt_xent(*views, T)
    return loss.detach(), *torch.autograd.grad(loss, views)
