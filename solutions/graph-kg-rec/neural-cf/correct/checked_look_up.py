"""Looks up with a check of its own, and leaves the loss to torch."""

import torch
from torch import nn
from torch.nn import functional as F

WIDE = 1  # variant: wide


def _table(rows, d, init, freeze):
    table = nn.Embedding(rows, d)
    if init is not None:
        if tuple(init.shape) != (rows, d):
            raise ValueError(f"expected vectors of shape {(rows, d)}, got {tuple(init.shape)}")
        with torch.no_grad():
            table.weight.copy_(init)
        table.weight.requires_grad_(not freeze)
    return table


def _look_up(table, ids):
    if ids.numel() and (ids.min() < 0 or ids.max() >= table.num_embeddings):
        raise IndexError("a number is no row of its table")
    return table(ids)


class NCF(nn.Module):
    """Tells from a user and an item whether they fit."""

    def __init__(self, n_users, n_items, d, user_init=None, item_init=None, freeze=False):
        """Make the tables and the layers."""
        super().__init__()
        self.user_table = _table(n_users, d, user_init, freeze)
        self.item_table = _table(n_items, d, item_init, freeze)
        self.hidden = nn.Linear(2 * d, WIDE * d)
        self.out = nn.Linear(WIDE * d, 1)

    def forward(self, u, i):
        """Return a logit for each pair."""
        pair = torch.cat([_look_up(self.user_table, u), _look_up(self.item_table, i)], dim=-1)
        return self.out(torch.relu(self.hidden(pair))).squeeze(-1)


def bce_step(model, u, i, y, opt):
    """Make one step; return the loss before it."""
    if y.shape != u.shape:
        raise ValueError("y must have one number for each pair")
    target = y.detach().to(torch.float64)
    if not ((target >= 0) & (target <= 1)).all():
        raise ValueError("targets must lie from 0 to 1")
    logits = model(u, i)
    loss = F.binary_cross_entropy_with_logits(logits, target.to(logits.dtype))
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()
