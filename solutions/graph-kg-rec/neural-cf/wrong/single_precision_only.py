"""Mistake: answers in float32."""

import torch
from torch import nn
from torch.nn import functional as F

WIDE = 1  # variant: wide


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
        pairs = torch.cat([self.user_table(u), self.item_table(i)], dim=1)
        return self.out(self.hidden(pairs).relu()).squeeze(1).float()


def bce_step(model, u, i, y, opt):
    """Make one step; return the loss before it."""
    logits = model(u, i)
    if y.shape != logits.shape or not ((y >= 0) & (y <= 1)).all():
        raise ValueError("need one target from 0 to 1 for each pair")
    loss = F.binary_cross_entropy_with_logits(logits, y.to(logits.dtype))
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()


def _table(rows, d, init, freeze):
    if init is None:
        return nn.Embedding(rows, d)
    if init.shape != (rows, d):
        raise ValueError(f"need {rows} vectors of {d} numbers")
    return nn.Embedding.from_pretrained(init.clone(), freeze=freeze)
