"""One discounted sum from the end that `where` cuts at the end of an episode; advantages are that of the errors."""

import torch


def _check(r, done, bootstrap, *factors):
    if r.dim() == 0:
        raise ValueError("r needs a time axis")
    if done.shape != r.shape:
        raise ValueError("done must have the shape of r")
    if bootstrap.shape != r.shape[1:]:
        raise ValueError("bootstrap must have the shape of one step")
    for factor in factors:
        if not 0 <= factor <= 1:
            raise ValueError("gamma and lam must lie between 0 and 1")


def _discounted_sum(x, done, factor, last):
    """Sum from the end; `last` is what follows the last step. Nothing crosses the end of an episode."""
    out = torch.empty_like(x)
    zero = torch.zeros_like(last)
    running = last
    for t in range(len(x) - 1, -1, -1):
        # `where`, not a product: what is cut off may be NaN.
        running = x[t] + factor * torch.where(done[t], zero, running)
        out[t] = running
    return out


@torch.no_grad()
def returns(r: torch.Tensor, done: torch.Tensor, gamma: float, bootstrap: torch.Tensor) -> torch.Tensor:
    """Return how well each step turned out."""
    _check(r, done, bootstrap, gamma)
    return _discounted_sum(r, done, gamma, bootstrap)


@torch.no_grad()
def gae(
    r: torch.Tensor, v: torch.Tensor, done: torch.Tensor, gamma: float, lam: float, bootstrap: torch.Tensor
) -> torch.Tensor:
    """Return how much better than expected each step turned out."""
    _check(r, done, bootstrap, gamma, lam)
    if v.shape != r.shape:
        raise ValueError("v must have the shape of r")
    if len(r) == 0:
        return torch.empty_like(r)
    after = torch.cat([v[1:], bootstrap[None]])
    after = torch.where(done, torch.zeros_like(after), after)
    error = r + gamma * after - v
    return _discounted_sum(error, done, gamma * lam, torch.zeros_like(bootstrap))


def reinforce_loss(logp: torch.Tensor, adv: torch.Tensor, entropy: torch.Tensor, beta: float) -> torch.Tensor:
    """Return the loss that makes good actions more probable."""
    if not logp.shape == adv.shape == entropy.shape:
        raise ValueError("logp, adv and entropy must have one shape")
    if logp.numel() == 0:
        raise ValueError("there are no actions")
    return -(logp * adv.detach()).mean() - beta * entropy.mean()
