"""Nested choices over whole tensors; the library's head and cross-entropy on the labelled positions alone."""

from numbers import Real

import torch
from torch.nn import functional

NO_LABEL = -100  # variant: no_label


def mask_tokens(ids, special, vocab_size, mask_id, p, u):
    """Return what the model is shown, and what it has to restore."""
    if not (isinstance(p, Real) and 0 <= p <= 1):
        raise ValueError("p must be a number from 0 to 1")
    if tuple(u.shape) != (3, *ids.shape):
        raise ValueError("u must have the shape (3, B, T)")
    tokens = ids.to(torch.int64)
    u = u.to(torch.float64)  # in float32, u * vocab_size could round up to vocab_size
    protected = torch.isin(tokens, torch.tensor(list(special), dtype=torch.int64, device=ids.device))
    selected = ~protected & (u[0] < p)
    labels = torch.where(selected, tokens, NO_LABEL)
    random = torch.floor(u[2] * vocab_size).to(torch.int64)
    shown = torch.where(u[1] < 0.8, mask_id, torch.where(u[1] < 0.9, random, tokens))
    return torch.where(selected, shown, tokens), labels


def mlm_loss(hidden, labels, weight, bias):
    """Return the mean loss over the positions with a label."""
    chosen = labels != NO_LABEL
    states = hidden[chosen]
    if len(states) == 0:  # sums over nothing: 0, but still part of the graph
        return states.sum() + weight[:0].sum() + bias[:0].sum()
    return functional.cross_entropy(functional.linear(states, weight, bias), labels[chosen].long())
