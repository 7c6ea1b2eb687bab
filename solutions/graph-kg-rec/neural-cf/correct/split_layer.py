"""Copies into fresh tables, splits the first layer by halves, and writes the loss by softplus."""

import torch

WIDE = 1  # variant: wide


class NCF(torch.nn.Module):
    """A logit for a user and an item."""

    def __init__(self, n_users, n_items, d, user_init=None, item_init=None, freeze=False):
        """Make the tables and the layers."""
        super().__init__()
        self.d = d
        self.hidden = torch.nn.Linear(d + d, d * WIDE)
        self.out = torch.nn.Linear(d * WIDE, 1)
        self.user_table = torch.nn.Embedding(n_users, d)
        self.item_table = torch.nn.Embedding(n_items, d)
        for table, init in ((self.user_table, user_init), (self.item_table, item_init)):
            if init is None:
                continue
            if tuple(init.shape) != tuple(table.weight.shape):
                raise ValueError("shape")
            with torch.no_grad():
                table.weight.copy_(init)
            table.weight.requires_grad_(not freeze)

    def forward(self, u: torch.Tensor, i: torch.Tensor) -> torch.Tensor:
        """Return a logit for each pair."""
        of_user, of_item = self.hidden.weight[:, : self.d], self.hidden.weight[:, self.d :]
        inner = self.user_table(u) @ of_user.T + self.item_table(i) @ of_item.T + self.hidden.bias
        return torch.clamp(inner, min=0) @ self.out.weight[0] + self.out.bias[0]


def bce_step(model, u, i, y, opt):
    """Make one step; return the loss before it."""
    if tuple(y.shape) != tuple(u.shape):
        raise ValueError("one target for each pair")
    targets = y.to(next(model.parameters()).dtype)
    if bool(torch.isnan(targets).any()) or targets.min() < 0 or targets.max() > 1:
        raise ValueError("targets lie from 0 to 1")
    for parameter in model.parameters():
        parameter.grad = None
    logits = model(u, i)
    loss = torch.mean(torch.nn.functional.softplus(-logits) + (1 - targets) * logits)
    loss.backward()
    opt.step()
    return float(loss.detach())
