"""Graph attention: see the statement for the rules."""

import torch


def gat(X, A, W, a_src, a_dst, slope, concat=True):
    """Return what each node hears, and how much it listens to each other."""
    # Write: the refusal, the logits of each pair, the softmax over neighbours, the heads.
    return torch.zeros(len(X), W.shape[2]), torch.zeros(len(W), len(X), len(X))
