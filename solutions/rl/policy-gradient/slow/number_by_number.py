"""Right, but goes through worlds and steps one number at a time."""

import torch


def returns(r, done, gamma, bootstrap):
    """Return how well each step turned out."""
    _refuse(r, done, gamma, bootstrap)
    return _summed(r, done, gamma, bootstrap)


def gae(r, v, done, gamma, lam, bootstrap):
    """Return how much better than expected each step turned out."""
    _refuse(r, done, gamma, bootstrap)
    if v.shape != r.shape or not 0 <= lam <= 1:
        raise ValueError("a value for each step and lam from 0 to 1, please")
    after = torch.cat([v, bootstrap[None]])[1:]
    errors = r + torch.where(done, 0, gamma * after) - v
    return _summed(errors, done, gamma * lam, torch.zeros_like(bootstrap))


def reinforce_loss(logp, adv, entropy, beta):
    """Return the loss that makes good actions more probable."""
    if not logp.shape == adv.shape == entropy.shape or not logp.numel():
        raise ValueError("three tensors of one shape, with an element at least, please")
    return -(logp * adv.detach()).mean() - beta * entropy.mean()


@torch.no_grad()
def _summed(terms, done, factor, last):
    """Sum, for each step, what follows in the same episode."""
    sums = torch.empty_like(terms)
    rows, ends, found = (x.reshape(len(terms), last.numel()) for x in (terms, done, sums))
    for world, total in enumerate(last.flatten()):
        for t in reversed(range(len(terms))):
            total = rows[t, world] + (0 if ends[t, world] else factor * total)
            found[t, world] = total
    return sums


def _refuse(r, done, gamma, bootstrap):
    if r.ndim == 0 or done.shape != r.shape or bootstrap.shape != r.shape[1:]:
        raise ValueError("rewards, ends and what is left differ in shape")
    if not 0 <= gamma <= 1:
        raise ValueError(f"gamma is {gamma}")
