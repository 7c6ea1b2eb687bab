"""Transfer learning: see the statement for the rules."""

import torch


def adapt(backbone, feat_dim, n_classes, unfreeze_last=0, lr=1e-3, factor=0.1):
    """Return a model with a new head, and the parameter groups to train."""
    # Write: what is frozen, in which modes it runs, what the optimizer gets.
    return backbone, []


def cache_features(model, X, batch):
    """Return the features of all rows, computed once."""
    # Write: the backbone in eval mode, batch by batch.
    return torch.zeros(len(X), 1)
