"""Multi-task learning: see the statement for the rules."""

import torch
from torch import nn
from torch.nn import functional


class MultiTask(nn.Module):
    """A trunk that all tasks share, and a head for each."""

    def __init__(self, d, hidden, heads):
        super().__init__()
        if not heads or any(size < 1 for size in heads.values()):
            raise ValueError("need at least one task, and outputs of size 1 or more")
        self.trunk = nn.Sequential(nn.Linear(d, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU())
        self.heads = nn.ModuleDict({name: nn.Linear(hidden, size) for name, size in heads.items()})

    def forward(self, x):
        """Return the output of each head."""
        features = self.trunk(x)
        outs = {}
        for name, head in self.heads.items():
            out = head(features)
            outs[name] = out.squeeze(-1) if head.out_features == 1 else out
        return outs


def check(outs, targets, masks, weights, log_var):
    if not outs:
        raise ValueError("no task")
    for named in (targets, masks, weights, log_var):
        if named is not None and set(named) != set(outs):
            raise ValueError("the names are not those of the outputs")
    for name, out in outs.items():
        if out.ndim not in (1, 2):
            raise ValueError(f"{name}: the output must have one or two dimensions")
        if targets[name].shape != out.shape[:1] or masks[name].shape != out.shape[:1]:
            raise ValueError(f"{name}: target and mask must have the shape (B,)")


def mt_loss(outs, targets, masks, weights=None, log_var=None):
    """Return the loss of all tasks, and that of each."""
    check(outs, targets, masks, weights, log_var)
    terms, parts = [], {}
    for name, out in outs.items():
        mask = masks[name]
        rows, labels = out[mask], targets[name][mask]
        labelled = len(rows) > 0
        if not labelled:
            part = rows.sum()  # 0, and part of the graph
        elif out.ndim == 1:
            part = functional.mse_loss(rows, labels)
        else:
            part = functional.cross_entropy(rows, labels)
        parts[name] = part.item()
        if log_var is not None and labelled:
            s = log_var[name]
            part = torch.exp(-s) * part + s
        terms.append(part if weights is None else part * weights[name])
    return torch.stack(terms).sum(), parts
