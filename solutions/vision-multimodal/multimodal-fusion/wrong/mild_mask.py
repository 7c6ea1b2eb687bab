"""Mistake: missing modalities lose ten points."""

import torch
from torch import nn


class Fusion(nn.Module):
    """Projects modalities to one width and returns their weighted sum."""

    def __init__(self, dims, d):
        super().__init__()
        if min(dims.values()) < 1 or d < 1:
            raise ValueError("there is no such module")
        self.project = nn.ModuleDict({name: nn.Linear(dims[name], d) for name in sorted(dims)})
        self.score = nn.Linear(d, 1)

    def forward(self, feats, present=None):
        """Return the fused vectors and the weights of the modalities in alphabetical order."""
        present = present or {}
        batch = self._refuse(feats, present)
        hidden, there = [], []
        for name, layer in self.project.items():
            known = present.get(name, torch.ones(batch, dtype=torch.bool)) & (name in feats)
            x = feats.get(name, layer.weight.new_zeros(batch, layer.in_features))
            if x.ndim == 4:
                x = x.mean(dim=(2, 3))
            # what is missing must not reach a product: its gradient would be NaN
            hidden.append(layer(torch.where(known[:, None], x, 0)))
            there.append(known)
        hidden, there = torch.stack(hidden, dim=1), torch.stack(there, dim=1)
        scores = self.score(hidden.tanh())[:, :, 0]
        # the product clears the rows in which all is missing
        weights = (scores - 10.0 * ~there).softmax(dim=1) * there
        return (weights[:, :, None] * hidden).sum(dim=1), weights

    def _refuse(self, feats, present):
        """Return the batch size, or refuse."""
        if not feats or not {*feats, *present} <= set(self.project):
            raise ValueError("no modality, or an unknown one")
        batch = len(next(iter(feats.values())))
        for name, x in feats.items():
            if x.ndim not in (2, 4) or x.shape[:2] != (batch, self.project[name].in_features):
                raise ValueError(f"{name} has a wrong shape")
        for name, known in present.items():
            if known.dtype != torch.bool or known.shape != (batch,):
                raise ValueError(f"the mask of {name} is no mask of the batch")
        return batch
