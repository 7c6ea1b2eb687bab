"""The two halves of W are multiplied apart; rows without a real step are set to zero before and after the softmax."""

import torch


def additive_attention(h, enc, W, v, mask=None):
    """Return the context of each example, and the weight of each of its steps."""
    if mask is None:
        real = torch.ones(enc.shape[:2], dtype=torch.bool, device=enc.device)
    else:
        real = mask != 0
    empty = ~real.any(dim=1, keepdim=True)  # (B, 1)

    # Replace what must not matter before it enters any arithmetic: 0 * NaN is NaN, in the gradients too.
    h = h.masked_fill(empty, 0.0)
    enc = enc.masked_fill(~real.unsqueeze(2), 0.0)

    size = h.shape[1]
    hidden = torch.tanh((h @ W[:, :size].T).unsqueeze(1) + enc @ W[:, size:].T)  # (B, T, A)
    score = hidden @ v

    # A row that is -inf everywhere would become NaN; such a row gets ordinary numbers and is zeroed below.
    score = score.masked_fill(~real, float("-inf")).masked_fill(empty, 0.0)
    weights = torch.softmax(score, dim=1).masked_fill(~real, 0.0)
    context = (weights.unsqueeze(1) @ enc).squeeze(1)
    return context, weights
