"""Both views as one matrix, the diagonal masked, cross-entropy with the partner as the class."""

import torch
import torch.nn.functional as F


def _unit_rows(z):
    length = torch.linalg.vector_norm(z, dim=1, keepdim=True)
    return z / torch.where(length > 0, length, torch.ones_like(length))


def nt_xent(z1: torch.Tensor, z2: torch.Tensor, T: float) -> torch.Tensor:
    """Return the mean contrastive loss of all rows of both views."""
    if z1.dim() != 2 or z1.shape != z2.shape or len(z1) == 0:
        raise ValueError("z1 and z2 must have one shape (N, D) with N of 1 or more")
    if not T > 0:
        raise ValueError("T must be greater than 0")
    n = len(z1)
    u = _unit_rows(torch.cat([z1, z2]))
    itself = torch.eye(2 * n, dtype=torch.bool, device=u.device)
    logits = (u @ u.T / T).masked_fill(itself, float("-inf"))
    partner = (torch.arange(2 * n, device=u.device) + n) % (2 * n)
    return F.cross_entropy(logits, partner)


def value_and_slopes(z1: torch.Tensor, z2: torch.Tensor, T: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the loss and its gradients with respect to both views, detached."""
    a = z1.detach().clone().requires_grad_()
    b = z2.detach().clone().requires_grad_()
    with torch.enable_grad():
        loss = nt_xent(a, b, T)
    slope1, slope2 = torch.autograd.grad(loss, (a, b))
    return loss.detach(), slope1, slope2
