"""Labels are marked for the library to ignore; the mean is the library's own where there is one."""

import torch
import torch.nn.functional as F
from torch import nn


class Trunk(nn.Module):
    """Two layers with a sigmoid."""

    def __init__(self, d, hidden):
        super().__init__()
        self.inner = nn.Linear(d, hidden)
        self.outer = nn.Linear(hidden, hidden)

    def forward(self, x):
        """Return the features."""
        return self.outer(torch.sigmoid(self.inner(x)))


class MultiTask(nn.Module):
    """A trunk that all tasks share, and a head for each."""

    def __init__(self, d, hidden, heads):
        super().__init__()
        if not heads:
            raise ValueError("no heads")
        for size in heads.values():
            if size < 1:
                raise ValueError("size of a head")
        self.trunk = Trunk(d, hidden)
        self.heads = nn.ModuleDict([(name, nn.Linear(hidden, size)) for name, size in heads.items()])
        self.sizes = dict(heads)

    def forward(self, x):
        """Return the output of each head."""
        features = self.trunk(x)
        shapes = {name: (len(x),) if size == 1 else (len(x), size) for name, size in self.sizes.items()}
        return {name: self.heads[name](features).reshape(shapes[name]) for name in self.heads}


def _mean(out, target, mask):
    if not mask.any():
        return (out * 0).sum()
    if out.dim() == 2:
        return F.cross_entropy(out, torch.where(mask, target, -100), ignore_index=-100)
    rows = mask.nonzero()[:, 0]
    return F.mse_loss(out.index_select(0, rows), target.index_select(0, rows))


def mt_loss(outs, targets, masks, weights=None, log_var=None):
    """Return the loss of all tasks, and that of each."""
    names = sorted(outs)
    others = [targets, masks] + [each for each in (weights, log_var) if each is not None]
    if not names or any(sorted(each) != names for each in others):
        raise ValueError("tasks do not match")
    for name in names:
        rows = outs[name].shape[:1]
        if outs[name].dim() - 1 not in (0, 1) or {targets[name].shape, masks[name].shape} != {rows}:
            raise ValueError(f"shape of {name}")
    means = {name: _mean(outs[name], targets[name], masks[name]) for name in outs}
    total = 0
    for name, mean in means.items():
        term = mean
        if log_var is not None:
            term = mean * (-log_var[name]).exp() + (log_var[name] if masks[name].any() else 0)
        total += term if weights is None else term * weights[name]
    return total, {name: mean.item() for name, mean in means.items()}
