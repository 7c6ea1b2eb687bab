"""Goes through the children from the end; the model sets each child's mode by a list of flags."""

import torch
import torch.nn as nn


class Net(nn.Module):
    """Knows of each child of the backbone whether it learns."""

    def __init__(self, backbone, feat_dim, n_classes, learns):
        super().__init__()
        self.backbone = backbone
        like = next(backbone.parameters())
        self.head = nn.Linear(feat_dim, n_classes, bias=True, dtype=like.dtype, device=like.device)
        self.learns = learns

    def train(self, mode=True):
        """Hand the mode to the head and to those children that learn."""
        self.training = self.backbone.training = mode
        self.head.train(mode)
        for child, learns in zip(self.backbone, self.learns):
            child.train(mode and learns)
        return self

    def forward(self, x):
        """Return the logits."""
        for child in self.backbone:
            x = child(x)
        return nn.functional.linear(x, self.head.weight, self.head.bias)


def adapt(backbone, feat_dim, n_classes, unfreeze_last=0, lr=1e-3, factor=0.1):
    """Return a model with a new head, and the parameter groups to train."""
    if unfreeze_last < 0:
        raise ValueError("negative")
    learns, left, after = [], unfreeze_last, []
    for child in reversed(list(backbone)):
        after.append(child)
        if left and list(child.parameters()):
            left -= 1
            learns += [True] * len(after)
            after = []
    if left:
        raise ValueError("not so many children have parameters")
    learns = (learns + [False] * len(after))[::-1]
    for child, flag in zip(backbone, learns):
        child.requires_grad_(flag)
    model = Net(backbone, feat_dim, n_classes, learns).train()
    groups = [{"params": [*model.head.parameters()], "lr": lr}]
    tuned = [p for p in backbone.parameters() if p.requires_grad]
    return model, groups + ([{"params": tuned, "lr": lr * factor}] if tuned else [])


def cache_features(model, X, batch):
    """Return the features of all rows, computed once."""
    if batch < 1:
        raise ValueError("batch")
    flags = [m.training for m in model.modules()]
    for m in model.modules():
        m.training = False
    rows, start = [], 0
    while start < X.shape[0]:
        with torch.no_grad():
            rows.append(model.backbone(X[start : start + batch]))
        start += batch
    for m, flag in zip(model.modules(), flags):
        m.training = flag
    return torch.vstack(rows) if rows else torch.zeros((0, model.head.in_features), dtype=X.dtype)
