"""Plain backward() on copies of the model, so that nothing has to be put back."""

import copy
import math

import torch


class Reservoir:
    """Keeps a fair sample of a stream."""

    def __init__(self, cap, rng):
        if not cap >= 1:
            raise ValueError("cap")
        self._slots = {}
        self._cap = cap
        self.seen = 0
        self._rng = rng

    @property
    def items(self):
        return [self._slots[slot] for slot in range(len(self._slots))]

    def add(self, item):
        """Take the next item of the stream."""
        slot = self.seen
        self.seen += 1
        if slot >= self._cap:
            slot = self._rng.integers(self.seen).item()
        if slot < self._cap:
            self._slots[slot] = item

    def sample(self, k):
        """Draw items to train on once more."""
        if k < 0:
            raise ValueError("k")
        kept = self.items
        return [kept[i] for i in self._rng.permutation(len(kept))][:k]


def fisher_diag(model, data):
    """Return how much each weight matters for the old task."""
    X, y = data
    count = X.size(0)
    if not count:
        raise ValueError("empty")
    twin = copy.deepcopy(model).eval()
    sums = {name: torch.zeros_like(w.data) for name, w in twin.named_parameters() if w.requires_grad}
    for i in range(count):
        twin.zero_grad(set_to_none=True)
        logits = twin(X[i].unsqueeze(0))
        (logits[0, y[i]] - logits[0].logsumexp(dim=0)).backward()
        for name, w in twin.named_parameters():
            if name in sums and w.grad is not None:
                sums[name].addcmul_(w.grad, w.grad)
    return {name: total / count for name, total in sums.items()}


def ewc(model, anchor, fisher, lam):
    """Return the penalty for moving away from the old weights."""
    if not (math.isfinite(lam) and lam >= 0):
        raise ValueError("lam")
    named = dict(model.named_parameters())
    if set(fisher) - set(named):
        raise ValueError("names")
    taking_part = [name for name in named if named[name].requires_grad and name in fisher]
    for name in taking_part:
        shape = named[name].shape
        if name not in anchor or anchor[name].shape != shape or fisher[name].shape != shape:
            raise ValueError(name)
    dtype = next(iter(named.values())).dtype
    with torch.no_grad():
        roots = {name: (lam * fisher[name]).sqrt() for name in taking_part}
        old = {name: anchor[name].clone() for name in taking_part}
    return sum((((named[n] - old[n]) * roots[n]) ** 2).sum() / 2 for n in taking_part) + torch.zeros((), dtype=dtype)
