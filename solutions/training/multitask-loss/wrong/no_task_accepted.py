"""Mistake: no task gives 0"""

import torch
from torch import nn
from torch.nn import functional as F


class MultiTask(nn.Module):
    """A trunk that all tasks share, and a head for each."""

    def __init__(self, d, hidden, heads):
        super().__init__()
        if not heads or min(heads.values()) < 1:
            raise ValueError("there must be tasks, each with an output of 1 or more")
        self.trunk = nn.Sequential(nn.Linear(d, hidden), nn.ReLU())
        self.heads = nn.ModuleDict({name: nn.Linear(hidden, size) for name, size in heads.items()})

    def forward(self, x):
        """Return the output of each head."""
        features = self.trunk(x)
        outs = {name: head(features) for name, head in self.heads.items()}
        return {name: out[:, 0] if out.shape[1] == 1 else out for name, out in outs.items()}


def mt_loss(outs, targets, masks, weights=None, log_var=None):
    """Return the loss of all tasks, and that of each."""
    _refuse(outs, targets, masks, weights, log_var)
    total, parts = torch.zeros(()), {}
    for name, out in outs.items():
        mask = masks[name]
        part = _part(out[mask], targets[name][mask])
        parts[name] = part.item()
        if log_var is not None and mask.any():
            part = torch.exp(-log_var[name]) * part + log_var[name]
        total = total + (1.0 if weights is None else weights[name]) * part
    return total, parts


def _part(out, target):
    """Return the mean loss of rows that all have a label; 0 if there are none."""
    if out.dim() == 1:
        losses = (out - target).square()
    else:
        losses = F.cross_entropy(out, target, reduction="none")
    return losses.sum() / max(len(losses), 1)


def _refuse(outs, targets, masks, weights, log_var):
    for given in (targets, masks, weights, log_var):
        if given is not None and given.keys() != outs.keys():
            raise ValueError("each dict must have the names of the outputs")
    for name, out in outs.items():
        if out.dim() not in (1, 2):
            raise ValueError(f"{name}: outputs have one dimension or two")
        if targets[name].shape != out.shape[:1] or masks[name].shape != out.shape[:1]:
            raise ValueError(f"{name}: targets and masks have one value for each row")
