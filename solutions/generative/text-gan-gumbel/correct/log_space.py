"""Normalises in log space; weights of a mean instead of a mask; losses from logaddexp."""

import torch


def gumbel_softmax(logits, tau, u, hard=False):
    """Return soft choices of tokens, or one-hot ones with the gradient of the soft ones."""
    if tau <= 0.0:
        raise ValueError("tau must be positive")
    low = torch.tensor(1e-12, dtype=torch.float64)
    clipped = torch.minimum(torch.maximum(u, low), 1 - low)
    scores = logits + torch.log(-1 / torch.log(clipped)).type_as(logits)
    soft = torch.log_softmax(scores / tau, dim=-1).exp()
    if hard:
        winners = scores.detach().argmax(-1, keepdim=True)
        numbers = torch.arange(logits.size(-1))
        # multiplying by one keeps the value; the gradient comes from what is added as zero
        return torch.where(numbers == winners, 1.0 + (soft - soft.detach()), soft - soft.detach())
    return soft


def soft_embed(p, weight):
    """Return the mean embedding under each row of probabilities."""
    return torch.nn.functional.linear(p, weight.T)


def generate(cell, state, start, weight, tau, u, hard=False):
    """Return the soft tokens of T steps of a recurrent generator."""
    x = torch.nn.functional.embedding(start, weight)
    text = x.new_zeros(u.shape)
    for t in range(u.size(1)):
        logits, state = cell(x, state)
        p = gumbel_softmax(logits, tau, u[:, t, :], hard=hard)
        text = text.index_copy(1, torch.tensor([t]), p.unsqueeze(1))
        x = soft_embed(p, weight)
    return text


def sequence_score(critic, p, weight, lengths):
    """Return one score for each sequence."""
    real = torch.arange(p.size(1)).expand(p.shape[:2]) < lengths.unsqueeze(1)
    embedded = p.new_zeros(*p.shape[:2], weight.size(1))
    embedded = embedded.masked_scatter(real.unsqueeze(-1), soft_embed(p[real], weight))
    shares = real.to(p.dtype) / lengths.to(p.dtype).unsqueeze(1)
    return torch.einsum("bt,bt->b", critic(embedded), shares)


def adversarial_losses(real_scores, fake_scores):
    """Return the losses of the critic and of the generator."""
    zero = real_scores.new_zeros(())
    against_real = torch.logaddexp(zero, -real_scores).sum() / real_scores.numel()
    against_fake = torch.logaddexp(zero, fake_scores).sum() / fake_scores.numel()
    return against_real + against_fake, torch.logaddexp(zero, -fake_scores).sum() / fake_scores.numel()
