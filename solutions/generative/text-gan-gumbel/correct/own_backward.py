"""The straight-through estimator as a function with its own backward; each sequence is scored by itself."""

import torch
from torch import Tensor, nn


class OneHot(torch.autograd.Function):
    """One-hot rows forward; backward as if nothing had happened."""

    @staticmethod
    def forward(ctx, soft, winners):
        return torch.zeros_like(soft).scatter_(-1, winners, 1.0)

    @staticmethod
    def backward(ctx, slope):
        return slope, None


def gumbel_softmax(logits: Tensor, tau: float, u: Tensor, hard: bool = False) -> Tensor:
    """Return soft choices of tokens, or one-hot ones with the gradient of the soft ones."""
    if not tau > 0:
        raise ValueError(f"temperature {tau}")
    inner = -u.clip(min=1e-12, max=1 - 1e-12).log()
    perturbed = logits - inner.log().to(logits.dtype)
    # a shift of the whole row changes nothing, and keeps what is divided by tau small
    top, winners = perturbed.detach().max(dim=-1, keepdim=True)
    powers = ((perturbed - top) / tau).exp()
    soft = powers / powers.sum(dim=-1, keepdim=True)
    return OneHot.apply(soft, winners) if hard else soft


def soft_embed(p: Tensor, weight: Tensor) -> Tensor:
    """Return the mean embedding under each row of probabilities."""
    return torch.einsum("...v,vd->...d", p, weight)


def generate(
    cell: nn.Module, state: object, start: Tensor, weight: Tensor, tau: float, u: Tensor, hard: bool = False
) -> Tensor:
    """Return the soft tokens of T steps of a recurrent generator."""
    choice = torch.nn.functional.one_hot(start, weight.shape[0]).to(weight.dtype)
    text = []
    for t in range(u.shape[1]):
        logits, state = cell(soft_embed(choice, weight), state)
        choice = gumbel_softmax(logits, tau, u[:, t], hard)
        text.append(choice[:, None])
    return torch.cat(text, dim=1)


def sequence_score(critic: nn.Module, p: Tensor, weight: Tensor, lengths: Tensor) -> Tensor:
    """Return one score for each sequence."""
    rows = [critic(soft_embed(row[None, :n], weight)).mean() for row, n in zip(p, lengths.tolist())]
    return torch.stack(rows)


def adversarial_losses(real_scores: Tensor, fake_scores: Tensor) -> tuple[Tensor, Tensor]:
    """Return the losses of the critic and of the generator."""
    loss = nn.BCEWithLogitsLoss()
    ones = torch.ones_like(fake_scores)
    d_loss = loss(real_scores, torch.ones_like(real_scores)) + loss(fake_scores, 0 * ones.detach())
    return d_loss, loss(fake_scores, ones)
