"""All penalised values in one vector; kept values are gathered and scattered."""

import torch


def _bad(number):
    return not (number >= 0) or number == float("inf")


def penalty(model, l1, l2, skip_bias=True):
    """Return the penalty on the weights, to be added to a loss."""
    if _bad(l1) or _bad(l2):
        raise ValueError("l1, l2")
    chosen = [w for w in model.parameters() if w.requires_grad]
    if skip_bias:
        chosen = [w for w in chosen if w.ndim >= 2]
    if not chosen:
        return next(model.parameters()).new_zeros(())
    values = torch.cat([w.reshape(-1) for w in chosen])
    return (values * (l1 * values.detach().sign() + l2 * values)).sum()


def decay_step(model, rule, lr, wd, coupled):
    """Make one step with weight decay, in place."""
    if _bad(lr) or _bad(wd):
        raise ValueError("lr, wd")
    learning = [(name, w) for name, w in model.named_parameters() if w.requires_grad and w.grad is not None]
    for name, w in learning:
        strength = wd if w.ndim >= 2 else 0.0
        old = w.detach().clone()
        if coupled:
            direction = rule(name, torch.add(w.grad, old, alpha=strength))
        else:
            direction = rule(name, torch.clone(w.grad)) + strength * old
        w.data.copy_(old - lr * direction)


def dropout(x, p, u, train):
    """Drop values, by the uniform numbers u."""
    if not (p >= 0 and p <= 1):
        raise ValueError("p")
    if not train:
        return x.clone()
    if tuple(u.shape) != tuple(x.shape):
        raise ValueError("shape of u")
    kept = (u >= p).reshape(-1).nonzero().squeeze(1)
    if len(kept) == 0:
        return x.masked_fill(torch.ones_like(x, dtype=torch.bool), 0)
    flat = torch.zeros(x.numel(), dtype=x.dtype)
    return flat.index_copy(0, kept, x.reshape(-1)[kept] * (1.0 / (1.0 - p))).view(x.shape)
