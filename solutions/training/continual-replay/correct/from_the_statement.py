"""Continual learning: see the statement for the rules."""

import math

import torch
import torch.nn.functional as F


class Reservoir:
    """Keeps a fair sample of a stream."""

    def __init__(self, cap, rng):
        """Begin empty."""
        if cap < 1:
            raise ValueError("cap must be at least 1")
        self.cap = cap
        self.rng = rng
        self.items = []
        self.seen = 0

    def add(self, item):
        """Take the next item of the stream."""
        self.seen += 1
        if self.seen <= self.cap:
            self.items.append(item)
            return
        j = int(self.rng.integers(self.seen))
        if j < self.cap:
            self.items[j] = item

    def sample(self, k):
        """Draw items to train on once more."""
        if k < 0:
            raise ValueError("k must not be negative")
        order = self.rng.permutation(len(self.items))
        return [self.items[i] for i in order[:k]]


def fisher_diag(model, data):
    """Return how much each weight matters for the old task."""
    inputs, classes = data
    if len(inputs) == 0:
        raise ValueError("there is no example")
    params = {name: param for name, param in model.named_parameters() if param.requires_grad}
    sums = {name: torch.zeros_like(param, requires_grad=False) for name, param in params.items()}

    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        for i in range(len(inputs)):
            with torch.enable_grad():
                loss = F.cross_entropy(model(inputs[i : i + 1]), classes[i : i + 1])
                if not (params and loss.requires_grad):
                    continue
                grads = torch.autograd.grad(loss, list(params.values()), allow_unused=True)
            for name, grad in zip(params, grads):
                if grad is not None:
                    sums[name] += grad.detach() ** 2
    finally:
        for module, mode in modes:
            module.training = mode
    return {name: total / len(inputs) for name, total in sums.items()}


def ewc(model, anchor, fisher, lam):
    """Return the penalty for moving away from the old weights."""
    if not (math.isfinite(lam) and lam >= 0):
        raise ValueError("lam must be a finite number of at least 0")
    params = dict(model.named_parameters())
    for name in fisher:
        if name not in params:
            raise ValueError(f"the model has no parameter {name!r}")

    terms = []
    for name, param in params.items():
        if not param.requires_grad or name not in fisher:
            continue
        if name not in anchor:
            raise ValueError(f"no anchor for {name!r}")
        if anchor[name].shape != param.shape or fisher[name].shape != param.shape:
            raise ValueError(f"wrong shape for {name!r}")
        old = anchor[name].detach().to(param.dtype)
        weight = fisher[name].detach().to(param.dtype)
        terms.append((weight * (param - old) ** 2).sum())
    if not terms:
        first = next(iter(params.values()), torch.zeros(()))
        return torch.zeros((), dtype=first.dtype, device=first.device)
    return lam / 2 * sum(terms)
