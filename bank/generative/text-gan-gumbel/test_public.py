"""Public checks of `text-gan-gumbel`: the interface by small examples."""

import math

import torch
from torch import nn

from grader.exam import assert_close, assert_equal

LOGITS = torch.tensor([[0.0, 0.0, math.log(2)]])
U = torch.full((1, 3), math.exp(-1), dtype=torch.float64)


class Cell(nn.Module):
    """Favours the token that follows the one it is given, counting its calls in the state."""

    def forward(self, x, state):
        return 9.0 * x.roll(1, dims=1), state + 1


class Critic(nn.Module):
    def forward(self, x):
        return x.sum(dim=2)


def counted_up(submission, start, steps):
    u = torch.full((len(start), steps, 4), math.exp(-1), dtype=torch.float64)
    return submission.generate(Cell(), 0, start, torch.eye(4), 1.0, u, hard=True)


def scored(submission, p, weight, lengths):
    return submission.sequence_score(Critic(), p, weight, lengths)


def test_a_soft_choice(solution):
    assert_close(solution.gumbel_softmax(LOGITS, 1.0, U), torch.tensor([[0.25, 0.25, 0.5]]))


def test_a_hard_choice(solution):
    assert_equal(solution.gumbel_softmax(LOGITS, 1.0, U, hard=True), torch.tensor([[0.0, 0.0, 1.0]]))


def test_a_generator_that_counts(solution):
    tokens = solution.run(counted_up, torch.tensor([0, 2]), 3).argmax(dim=2)
    assert_equal(tokens, torch.tensor([[1, 2, 3], [3, 0, 1]]))


def test_one_score_per_sequence(solution):
    p = torch.eye(3).expand(2, 3, 3)
    weight = torch.tensor([[1.0], [3.0], [8.0]])
    assert_close(solution.run(scored, p, weight, torch.tensor([3, 2])), torch.tensor([4.0, 2.0]))


def test_losses_of_an_undecided_critic(solution):
    d_loss, g_loss = solution.adversarial_losses(torch.zeros(3), torch.zeros(2))
    assert_close([d_loss, g_loss], [torch.tensor(2 * math.log(2)), torch.tensor(math.log(2))])
