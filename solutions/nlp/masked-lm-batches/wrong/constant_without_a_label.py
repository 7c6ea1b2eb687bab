"""Mistake: without a label a constant is returned, which has no gradient."""

import torch
from torch.nn.functional import cross_entropy, linear

NO_LABEL = -100  # variant: no_label


def mask_tokens(ids, special, vocab_size, mask_id, p, u):
    """Return what the model is shown, and what it has to restore."""
    if not 0 <= p <= 1:
        raise ValueError(f"p must be from 0 to 1, not {p}")
    if u.shape != (3, *ids.shape):
        raise ValueError(f"u must have the shape {(3, *ids.shape)}, not {tuple(u.shape)}")
    choice, kind, token = u
    selected = (choice < p) & ~torch.isin(ids, torch.tensor(special, dtype=torch.int64))
    labels = torch.where(selected, ids, NO_LABEL)
    inputs = torch.where(selected & (kind < 0.9), (token * vocab_size).long(), ids)
    inputs[selected & (kind < 0.8)] = mask_id
    return inputs, labels


def mlm_loss(hidden, labels, weight, bias):
    """Return the mean loss over the positions with a label."""
    labelled = labels != NO_LABEL
    if not labelled.any():
        return torch.zeros((), dtype=hidden.dtype)
    logits = linear(hidden[labelled], weight, bias)
    total = cross_entropy(logits, labels[labelled], reduction="sum")
    return total / labelled.sum().clamp(min=1)
