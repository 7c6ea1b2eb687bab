"""Scores divided after the largest is taken off; the critic sees sequences of one length together, and no padding."""

import torch
from torch.nn import functional as F


def gumbel_softmax(logits, tau, u, hard=False):
    """Return soft choices of tokens, or one-hot ones with the gradient of the soft ones."""
    if not tau > 0:
        raise ValueError("tau must be greater than 0")
    clipped = u.double().clamp(1e-12, 1 - 1e-12)
    g = -torch.log(-torch.log(clipped))
    scores = logits + g.to(logits.dtype)
    # subtract before dividing: a small tau would blow up the rounding errors
    top = scores.detach().max(dim=-1, keepdim=True).values
    p = torch.softmax((scores - top) / tau, dim=-1)
    if not hard:
        return p
    one_hot = torch.zeros_like(p).scatter(-1, scores.detach().argmax(dim=-1, keepdim=True), 1.0)
    return one_hot + (p - p.detach())  # the bracket is exactly 0


def soft_embed(p, weight):
    """Return the mean embedding under each row of probabilities."""
    return p @ weight


def generate(cell, state, start, weight, tau, u, hard=False):
    """Return the soft tokens of T steps of a recurrent generator."""
    x = weight[start]
    steps = []
    for t in range(u.shape[1]):
        if t:
            x = soft_embed(steps[-1], weight)
        logits, state = cell(x, state)
        steps.append(gumbel_softmax(logits, tau, u[:, t], hard))
    return torch.stack(steps, dim=1)


def sequence_score(critic, p, weight, lengths):
    """Return one score for each sequence."""
    scores = p.new_zeros(len(p))
    # sequences of one length together: the critic never sees any padding
    for length in lengths.unique().tolist():
        rows = (lengths == length).nonzero().squeeze(1)
        numbers = critic(soft_embed(p[rows, :length], weight))
        scores = scores.index_put((rows,), numbers.mean(dim=1))
    return scores


def adversarial_losses(real_scores, fake_scores):
    """Return the losses of the critic and of the generator."""
    d_loss = -F.logsigmoid(real_scores).mean() - F.logsigmoid(-fake_scores).mean()
    g_loss = -F.logsigmoid(fake_scores).mean()
    return d_loss, g_loss
