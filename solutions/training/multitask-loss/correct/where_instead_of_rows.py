"""All rows go through; what has no label is replaced before the loss, and left out by a mask behind it."""

import torch
from torch import nn


class MultiTask(nn.Module):
    """A trunk that all tasks share, and a head for each."""

    def __init__(self, d, hidden, heads):
        if len(heads) == 0 or any(size <= 0 for size in heads.values()):
            raise ValueError("heads")
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(d, 2 * hidden), nn.Tanh(), nn.Linear(2 * hidden, hidden), nn.GELU())
        self.heads = nn.ModuleDict()
        for name in heads:
            self.heads[name] = nn.Linear(hidden, heads[name])

    def forward(self, x):
        """Return the output of each head."""
        h = self.trunk(x)
        answers = {}
        for name, head in self.heads.items():
            answers[name] = head(h).squeeze(-1) if head.out_features == 1 else head(h)
        return answers


def _losses(out, target, mask):
    if out.ndim == 1:
        return (out - target.masked_fill(~mask, 0.0)) ** 2
    log_p = out - out.logsumexp(dim=-1, keepdim=True)
    return -log_p.gather(1, target.masked_fill(~mask, 0).unsqueeze(1)).squeeze(1)


def mt_loss(outs, targets, masks, weights=None, log_var=None):
    """Return the loss of all tasks, and that of each."""
    if len(outs) == 0:
        raise ValueError("nothing to learn")
    names = set(outs)
    weights = dict.fromkeys(names, 1.0) if weights is None else weights
    if not (set(targets) == set(masks) == set(weights) == names) or (log_var is not None and set(log_var) != names):
        raise ValueError("names")
    summands, parts = [], {}
    for name in outs:
        out, target, mask = outs[name], targets[name], masks[name]
        if out.ndim < 1 or out.ndim > 2 or target.ndim != 1 or mask.ndim != 1:
            raise ValueError("dimensions")
        if not len(out) == len(target) == len(mask):
            raise ValueError("rows")
        kept = torch.where(mask, _losses(out, target, mask), torch.zeros((), dtype=out.dtype))
        part = kept.sum() / mask.sum().clamp(min=1)
        parts[name] = float(part)
        if log_var is not None:
            s = log_var[name]
            part = (part / s.exp() + s) * mask.any()
        summands.append(weights[name] * part)
    return torch.stack(summands).sum(), parts
