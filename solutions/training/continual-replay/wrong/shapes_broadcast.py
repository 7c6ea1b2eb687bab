"""Mistake: shapes are broadcast"""

import math

import torch
from torch.nn import functional as F


class Reservoir:
    """Keeps a fair sample of a stream."""

    def __init__(self, cap, rng):
        if cap < 1:
            raise ValueError("cap must be at least 1")
        self.items = []
        self.seen = 0
        self._cap = cap
        self._rng = rng

    def add(self, item):
        """Take the next item of the stream."""
        self.seen += 1
        if len(self.items) < self._cap:
            self.items.append(item)
            return
        place = self._rng.integers(self.seen)
        if place < self._cap:
            self.items[place] = item

    def sample(self, k):
        """Draw items to train on once more."""
        if k < 0:
            raise ValueError("k must not be negative")
        order = self._rng.permutation(len(self.items))
        return [self.items[place] for place in order[:k]]


def fisher_diag(model, data):
    """Return how much each weight matters for the old task."""
    X, y = data
    if len(X) == 0:
        raise ValueError("there must be examples")
    learning = {name: w for name, w in model.named_parameters() if w.requires_grad}
    fisher = {name: torch.zeros_like(w) for name, w in learning.items()}
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    for x, label in zip(X.split(1), y.split(1), strict=True):
        loss = F.cross_entropy(model(x), label)
        slopes = torch.autograd.grad(loss, list(learning.values()), allow_unused=True)
        for total, slope in zip(fisher.values(), slopes, strict=True):
            if slope is not None:
                total += slope.square() / len(X)
    for module, mode in modes:
        module.training = mode
    return fisher


def ewc(model, anchor, fisher, lam):
    """Return the penalty for moving away from the old weights."""
    parameters = dict(model.named_parameters())
    if not 0 <= lam < math.inf:
        raise ValueError("lam must be finite and at least 0")
    if not fisher.keys() <= parameters.keys():
        raise ValueError("an importance without a parameter")
    total = torch.zeros((), dtype=next(iter(parameters.values())).dtype)
    for name, importance in fisher.items():
        w = parameters[name]
        if w.requires_grad:
            if name not in anchor:
                raise ValueError(f"{name}: anchor and importance must have the shape of the parameter")
            total = total + lam / 2 * (importance.detach() * (w - anchor[name].detach()).square()).sum()
    return total
