"""Walks over the modalities once, keeping a running softmax with its largest score so far."""

import torch
from torch import nn


class Fusion(nn.Module):
    """Projects modalities to one width and returns their weighted sum."""

    def __init__(self, dims, d):
        super().__init__()
        if len(dims) == 0 or any(width < 1 for width in dims.values()) or d < 1:
            raise ValueError("widths must be positive")
        self.widths = dict(dims)
        self.project = nn.ModuleDict()
        for name, width in dims.items():
            self.project[name] = nn.Linear(width, d)
        self.score = nn.Linear(d, 1)

    def forward(self, feats, present=None):
        """Return the fused vectors and the weights of the modalities in alphabetical order."""
        present = {} if present is None else present
        if not feats:
            raise ValueError("no modality")
        sizes = {x.shape[0] for x in feats.values() if x.ndim in (2, 4)}
        if len(sizes) != 1:
            raise ValueError("one batch size is needed")
        size = sizes.pop()
        for name, mask in present.items():
            if name not in self.widths or mask.dtype is not torch.bool or tuple(mask.shape) != (size,):
                raise ValueError(f"bad mask for {name}")
        found = {}
        for name in feats:
            found[name] = self._score(name, feats[name], present)
        some = self.score.weight
        top = some.new_full((size,), -1e30)
        for _, s, rows in found.values():
            top = top.index_put((rows,), torch.maximum(top[rows], s.detach()))
        mass, total = some.new_zeros(size), some.new_zeros(size, some.shape[1])
        columns = {name: some.new_zeros(size) for name in self.widths}
        for name, (h, s, rows) in found.items():
            e = torch.exp(s - top[rows])
            columns[name] = columns[name].index_put((rows,), e)
            mass = mass.index_add(0, rows, e)
            total = total.index_add(0, rows, e[:, None] * h)
        divisor = torch.where(mass > 0, mass, torch.ones_like(mass))[:, None]
        weights = torch.stack([columns[name] for name in sorted(columns)], dim=1)
        return total / divisor, weights / divisor

    def _score(self, name, x, present):
        if name not in self.widths or x.ndim not in (2, 4) or x.shape[1] != self.widths[name]:
            raise ValueError(f"{name} does not fit")
        rows = torch.arange(len(x)) if name not in present else present[name].nonzero()[:, 0]
        x = x[rows]
        h = self.project[name](x.flatten(2).mean(-1) if x.ndim == 4 else x)
        return h, self.score(torch.tanh(h)).squeeze(-1), rows
