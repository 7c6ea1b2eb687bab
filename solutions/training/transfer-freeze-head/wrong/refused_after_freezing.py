"""Mistake: the backbone is frozen before the depth is looked at"""

import torch
from torch import nn


class Adapted(nn.Module):
    """A backbone of which the first children are frozen, and a new head."""

    def __init__(self, backbone, head, frozen):
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.frozen = frozen
        self.train()

    def train(self, mode=True):
        """Set the mode of all that is not frozen; the rest stays in eval mode."""
        super().train(mode)
        self.backbone[: self.frozen].eval()
        return self

    def forward(self, x):
        """Return the logits."""
        return self.head(self.backbone(x))


def adapt(backbone, feat_dim, n_classes, unfreeze_last=0, lr=1e-3, factor=0.1):
    """Return a model with a new head, and the parameter groups to train."""
    backbone.requires_grad_(False)
    counted = [at for at, child in enumerate(backbone) if any(True for _ in child.parameters())]
    if not 0 <= unfreeze_last <= len(counted):
        raise ValueError("unfreeze_last must be from 0 to the number of children with parameters")
    frozen = counted[-unfreeze_last] if unfreeze_last else len(backbone)
    backbone[:frozen].requires_grad_(False)
    unfrozen = backbone[frozen:].requires_grad_(True)
    dtype = next((p.dtype for p in backbone.parameters()), None)
    head = nn.Linear(feat_dim, n_classes, dtype=dtype)
    groups = [{"params": list(head.parameters()), "lr": lr}]
    if unfreeze_last:
        groups.append({"params": list(unfrozen.parameters()), "lr": lr * factor})
    return Adapted(backbone, head, frozen), groups


@torch.no_grad()
def cache_features(model, X, batch):
    """Return the features of all rows, computed once."""
    if batch < 1:
        raise ValueError("batch must be at least 1")
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    features = [model.backbone(X[start : start + batch]) for start in range(0, len(X), batch)]
    for module, mode in modes:
        module.training = mode
    return torch.cat([X.new_empty(0, model.head.in_features), *features])
