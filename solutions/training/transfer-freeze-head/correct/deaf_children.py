"""Frozen children are made deaf to train(); the model is a plain container."""

import torch
from torch import nn


def _has_parameters(module):
    return len(list(module.parameters())) > 0


def _deafen(child):
    for module in child.modules():
        module.training = False
    child.train = lambda mode=True: child


def adapt(backbone, feat_dim, n_classes, unfreeze_last=0, lr=1e-3, factor=0.1):
    """Return a model with a new head, and the parameter groups to train."""
    total = sum(map(_has_parameters, backbone))
    if unfreeze_last < 0 or unfreeze_last > total:
        raise ValueError(f"there are {total} children to unfreeze")
    to_skip = total - unfreeze_last
    training, tuned = unfreeze_last == total and total > 0, []
    for child in backbone:
        if _has_parameters(child):
            training = to_skip == 0
            to_skip -= not training
        for p in child.parameters():
            p.requires_grad = training
            if training:
                tuned.append(p)
        if not training:
            _deafen(child)
    head = nn.Linear(feat_dim, n_classes).to(next(backbone.parameters()).dtype)
    model = nn.Sequential()
    model.add_module("backbone", backbone)
    model.add_module("head", head)
    model.train()
    groups = [{"params": [head.weight, head.bias], "lr": lr}]
    if tuned:
        groups += [{"params": tuned, "lr": factor * lr}]
    return model, groups


def cache_features(model, X, batch):
    """Return the features of all rows, computed once."""
    if batch <= 0:
        raise ValueError("empty batches")
    before = {}
    for module in model.backbone.modules():
        before[module] = module.training
        module.training = False
    with torch.inference_mode():
        parts = [model.backbone(part) for part in X.split(batch) if len(part)]
    for module, flag in before.items():
        module.training = flag
    out = torch.empty(len(X), model.head.in_features, dtype=X.dtype)
    if parts:
        out.copy_(torch.cat(parts))
    return out
