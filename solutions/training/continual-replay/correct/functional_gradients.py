"""Gradients of all examples at once, by a functional model under vmap."""

import torch
from torch.func import functional_call, grad, vmap


class Reservoir:
    """Keeps a fair sample of a stream."""

    def __init__(self, cap, rng):
        if cap <= 0:
            raise ValueError(cap)
        self.cap, self.rng, self.items, self.seen = cap, rng, [], 0

    def add(self, item):
        """Take the next item of the stream."""
        self.seen = self.seen + 1
        slot = self.seen - 1 if self.seen <= self.cap else int(self.rng.integers(self.seen))
        if slot < self.cap:
            self.items[slot : slot + 1] = [item]

    def sample(self, k):
        """Draw items to train on once more."""
        if k < 0:
            raise ValueError(k)
        order = self.rng.permutation(len(self.items)).tolist()
        return list(map(self.items.__getitem__, order[: min(k, len(order))]))


def fisher_diag(model, data):
    """Return how much each weight matters for the old task."""
    inputs, classes = data
    if inputs.shape[0] < 1:
        raise ValueError("no data")
    flags = {module: module.training for module in model.modules()}
    for module in flags:
        module.training = False
    moving = {name: w.detach() for name, w in model.named_parameters() if w.requires_grad}
    fixed = {name: w.detach() for name, w in model.named_parameters() if not w.requires_grad}
    fixed |= dict(model.named_buffers())

    def log_p(weights, x, label):
        logits = functional_call(model, {**weights, **fixed}, (x[None],))[0]
        return logits.log_softmax(0)[label[None]].sum()

    single = vmap(grad(log_p), in_dims=(None, 0, 0))(moving, inputs, classes)
    for module, flag in flags.items():
        module.training = flag
    return {name: slopes.pow(2).mean(dim=0) for name, slopes in single.items()}


def ewc(model, anchor, fisher, lam):
    """Return the penalty for moving away from the old weights."""
    if lam != lam or lam < 0 or lam == float("inf"):
        raise ValueError(lam)
    left = set(fisher)
    terms = []
    for name, w in model.named_parameters():
        if name in left:
            left.remove(name)
            if w.requires_grad:
                if name not in anchor or anchor[name].shape != w.shape or fisher[name].shape != w.shape:
                    raise ValueError(name)
                distance = (w - anchor[name].data).flatten()
                terms.append(torch.dot(fisher[name].data.flatten() * distance, distance))
    if left:
        raise ValueError(f"unknown: {left}")
    if not terms:
        return next(model.parameters()).new_zeros(())
    return 0.5 * lam * torch.stack(terms).sum()
