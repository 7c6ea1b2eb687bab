"""Four blocks of similarities, log-sum-exp over the three that compete, and the gradient by hand."""

import torch


def _units(z):
    squared = (z * z).sum(1, keepdim=True)
    inverse = torch.where(squared > 0, squared, torch.ones_like(squared)).rsqrt()
    return z * inverse, inverse


def _check(z1, z2, T):
    if z1.dim() != 2 or z1.shape != z2.shape or z1.shape[0] < 1 or not (T > 0):
        raise ValueError("views do not fit")


def nt_xent(z1, z2, T):
    """Return the mean contrastive loss of all rows of both views."""
    _check(z1, z2, T)
    (a, _), (b, _) = _units(z1), _units(z2)
    n = len(a)
    across = a @ b.T / T
    losses = []
    for own, mixed in ((a @ a.T / T, across), (b @ b.T / T, across.T)):
        off = own[~torch.eye(n, dtype=torch.bool)].reshape(n, n - 1)
        losses.append(torch.logsumexp(torch.cat([mixed, off], 1), 1) - mixed.diagonal())
    return torch.cat(losses).mean()


def value_and_slopes(z1, z2, T):
    """Return the loss and its gradients with respect to both views, detached."""
    _check(z1, z2, T)
    with torch.no_grad():
        n = len(z1)
        z = torch.cat((z1, z2))
        u, inverse = _units(z)
        scores = u @ u.T / T
        scores.fill_diagonal_(float("-inf"))
        shares = scores.softmax(1)
        partner = (torch.arange(2 * n) + n) % (2 * n)
        loss = -scores.log_softmax(1)[torch.arange(2 * n), partner].mean()
        shares[torch.arange(2 * n), partner] -= 1
        inner = (shares + shares.T) @ u / (2 * n * T)
        slope = (inner - (inner * u).sum(1, keepdim=True) * u) * inverse
        return loss, slope[:n], slope[n:]
