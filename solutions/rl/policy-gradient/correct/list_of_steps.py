"""Advantages by their own recursion, and returns as advantages over values of zero."""

import torch


def returns(r, done, gamma, bootstrap):
    """Return how well each step turned out."""
    return gae(r, torch.zeros_like(r), done, gamma, 1.0, bootstrap)


def gae(r, v, done, gamma, lam, bootstrap):
    """Return how much better than expected each step turned out."""
    if r.dim() < 1 or r.shape != done.shape or r.shape != v.shape:
        raise ValueError("rewards, values and ends")
    if tuple(bootstrap.shape) != tuple(r.shape[1:]):
        raise ValueError("one value for each world after the end")
    for share in (gamma, lam):
        if not (share >= 0 and share <= 1):
            raise ValueError("shares")
    r, v, following = r.detach(), v.detach(), bootstrap.detach()
    running = ~done
    advantage = torch.zeros_like(following)
    steps = []
    for t in range(r.shape[0] - 1, -1, -1):
        # what is worth nothing must not be NaN either
        ahead = torch.where(running[t], following, torch.zeros_like(following))
        error = r[t] + gamma * ahead - v[t]
        # the mask in the dtype of the rewards, for a bool times a float is of single precision
        advantage = error + gamma * lam * running[t].to(r.dtype) * advantage
        steps.insert(0, advantage)
        following = v[t]
    return torch.stack(steps) if steps else torch.zeros_like(r)


def reinforce_loss(logp, adv, entropy, beta):
    """Return the loss that makes good actions more probable."""
    if logp.shape != adv.shape or logp.shape != entropy.shape:
        raise ValueError("shapes")
    if logp.numel() == 0:
        raise ValueError("nothing")
    with torch.no_grad():
        weights = -adv / adv.numel()
    return (logp * weights).sum() - beta * entropy.sum() / entropy.numel()
