"""Mistake: a module whose layers were never made."""

import torch
from torch import nn


class Attention(nn.Module):
    """Scores that come from layers nobody made."""

    def forward(self, h, enc):
        """Return context and weights."""
        h = h[:, None].expand(-1, enc.shape[1], -1)
        weights = torch.softmax(self.v(torch.tanh(self.W(torch.cat([h, enc], dim=-1)))), dim=1)
        return (weights * enc).sum(dim=1), weights[:, :, 0]


def additive_attention(h, enc, W, v, mask=None):
    """Return the context of each example, and the weight of each of its steps."""
    return Attention()(h, enc)
