"""Projects only the modalities that are given; rows that have none are cleared after the softmax."""

import torch
from torch import nn


class Fusion(nn.Module):
    """Projects modalities to one width and returns their weighted sum."""

    def __init__(self, dims: dict[str, int], d: int) -> None:
        super().__init__()
        if not dims or d < 1 or any(width < 1 for width in dims.values()):
            raise ValueError("there must be modalities, and all widths must be at least 1")
        self.dims = {name: dims[name] for name in sorted(dims)}
        self.project = nn.ModuleDict()
        for name, width in self.dims.items():
            # ModuleDict itself refuses names such as "keys" or "type".
            self.project._modules[name] = nn.Linear(width, d)
        self.score = nn.Linear(d, 1)

    def _check(self, feats: dict[str, torch.Tensor], present: dict[str, torch.Tensor]) -> int:
        if not feats:
            raise ValueError("there must be at least one modality")
        for name in [*feats, *present]:
            if name not in self.dims:
                raise ValueError(f"unknown modality: {name!r}")
        for name, x in feats.items():
            if x.dim() not in (2, 4) or x.shape[1] != self.dims[name]:
                raise ValueError(f"{name!r} has a wrong shape")
        batches = {x.shape[0] for x in feats.values()}
        if len(batches) > 1:
            raise ValueError("modalities differ in batch size")
        (batch,) = batches
        for name, has in present.items():
            if has.dtype != torch.bool or has.shape != (batch,):
                raise ValueError(f"present[{name!r}] must be bool of shape (B,)")
        return batch

    def forward(
        self, feats: dict[str, torch.Tensor], present: dict[str, torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the fused vectors and the weights of the modalities in alphabetical order."""
        present = present or {}
        batch = self._check(feats, present)
        like = self.score.weight

        vectors, owned = [], []
        for name in self.dims:
            has = torch.zeros(batch, dtype=torch.bool, device=like.device)
            h = like.new_zeros(batch, like.shape[1])
            if name in feats:
                x = feats[name]
                has = present.get(name, ~has)
                # Out with what is missing before anything is calculated with it.
                x = torch.where(has.view(-1, *[1] * (x.dim() - 1)), x, torch.zeros_like(x))
                h = self.project[name](x.mean(dim=(2, 3)) if x.dim() == 4 else x)
            vectors.append(h)
            owned.append(has)
        h, has = torch.stack(vectors, dim=1), torch.stack(owned, dim=1)

        s = self.score(torch.tanh(h)).squeeze(2)
        # In rows without any modality nothing is masked, for a softmax over nothing is NaN.
        hidden = ~has & has.any(dim=1, keepdim=True)
        weights = s.masked_fill(hidden, -torch.inf).softmax(dim=1)
        weights = torch.where(has, weights, torch.zeros_like(weights))
        return (weights.unsqueeze(2) * h).sum(dim=1), weights
