"""Mistake: every step begins from the first state."""

import torch
from torch.nn.functional import logsigmoid, one_hot


def gumbel_softmax(logits, tau, u, hard=False):
    """Return soft choices of tokens, or one-hot ones with the gradient of the soft ones."""
    if tau <= 0:
        raise ValueError("the temperature is greater than 0")
    noise = -torch.log(-torch.log(u.clamp(1e-12, 1 - 1e-12)))
    perturbed = logits + noise.to(logits.dtype)
    soft = torch.softmax(perturbed / tau, dim=-1)
    if not hard:
        return soft
    chosen = one_hot(perturbed.argmax(dim=-1), logits.shape[-1]).to(logits.dtype)
    # the difference is zero; its gradient is not
    return chosen + (soft - soft.detach())


def soft_embed(p, weight):
    """Return the mean embedding under each row of probabilities."""
    return p @ weight


def generate(cell, state, start, weight, tau, u, hard=False):
    """Return the soft tokens of T steps of a recurrent generator."""
    x, tokens = weight[start], []
    for noise in u.unbind(dim=1):
        logits, _ = cell(x, state)
        tokens.append(gumbel_softmax(logits, tau, noise, hard))
        x = soft_embed(tokens[-1], weight)
    return torch.stack(tokens, dim=1)


def sequence_score(critic, p, weight, lengths):
    """Return one score for each sequence."""
    padding = torch.arange(p.shape[1]) >= lengths[:, None]
    # zeros go in, since the gradient of a discarded NaN is NaN
    numbers = critic(soft_embed(p.masked_fill(padding[:, :, None], 0), weight))
    return numbers.masked_fill(padding, 0).sum(dim=1) / lengths


def adversarial_losses(real_scores, fake_scores):
    """Return the losses of the critic and of the generator."""
    d_loss = -logsigmoid(real_scores).mean() - logsigmoid(-fake_scores).mean()
    return d_loss, -logsigmoid(fake_scores).mean()
