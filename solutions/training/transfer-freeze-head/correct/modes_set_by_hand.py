"""The flag of every module is set by hand, in training and around the cached features."""

from itertools import chain

import torch
from torch import nn


class Adapted(nn.Module):
    """A backbone, frozen up to some child, and a head."""

    def __init__(self, backbone, head, frozen):
        super().__init__()
        self.backbone = backbone
        self.head = head
        self._n_frozen = frozen

    def train(self, mode=True):
        for module in self.modules():
            module.training = mode
        for child in list(self.backbone)[: self._n_frozen]:
            for module in child.modules():
                module.training = False
        return self

    def forward(self, x):
        return self.head(self.backbone(x))


def adapt(backbone, feat_dim, n_classes, unfreeze_last=0, lr=1e-3, factor=0.1):
    """Return a model with a new head, and the parameter groups to train."""
    children = list(backbone)
    with_params = [i for i, child in enumerate(children) if any(True for _ in child.parameters())]
    if not 0 <= unfreeze_last <= len(with_params):
        raise ValueError("unfreeze_last must lie between 0 and the number of children with parameters")
    start = with_params[-unfreeze_last] if unfreeze_last else len(children)

    tensors = chain(backbone.parameters(), backbone.buffers())
    like = next((t for t in tensors if t.is_floating_point()), torch.empty(0))
    head = nn.Linear(feat_dim, n_classes, dtype=like.dtype, device=like.device)

    for i, child in enumerate(children):
        for p in child.parameters():
            p.requires_grad_(i >= start)

    model = Adapted(backbone, head, start)
    model.train()
    groups = [{"params": list(head.parameters()), "lr": lr}]
    if unfreeze_last:
        groups.append({"params": [p for p in backbone.parameters() if p.requires_grad], "lr": lr * factor})
    return model, groups


def cache_features(model, X, batch):
    """Return the features of all rows, computed once."""
    if batch < 1:
        raise ValueError("batch must be at least 1")
    if len(X) == 0:
        return X.new_zeros(0, model.head.in_features).detach()
    before = [(module, module.training) for module in model.modules()]
    try:
        for module in model.backbone.modules():
            module.training = False
        with torch.no_grad():
            return torch.cat([model.backbone(rows) for rows in X.split(batch)])
    finally:
        for module, mode in before:
            module.training = mode
