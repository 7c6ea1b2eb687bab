"""Public checks of `vae-elbo`: the interface by small examples."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close

MU, LOGVAR = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 0.0]])
X, LOGITS = torch.tensor([[[1.0, 0.0], [0.5, 1.0]]]), torch.zeros(1, 2, 2)


def test_divergence_of_a_shifted_gaussian(solution):
    assert_close(solution.kl_diag(MU, LOGVAR), torch.tensor([0.5]))


def test_objective_of_the_example(solution):
    assert_close(solution.neg_elbo(X, LOGITS, MU, LOGVAR), torch.tensor(4 * math.log(2) + 0.5))


@given(seed=st.integers(0, 1000))
@settings(max_examples=10)
def test_samples_of_the_standard_normal_distribution_are_eps(solution, seed):
    eps = torch.randn(4, 2, 3, generator=torch.Generator().manual_seed(seed))
    zeros = torch.zeros(2, 3)
    assert_close(solution.reparameterise(zeros, zeros, eps), eps)


def test_bound_of_a_sample_at_zero(solution):
    zeros = torch.zeros(1, 2)
    bound = solution.importance_bound(X, LOGITS[None], torch.zeros(1, 1, 2), zeros, zeros)
    assert_close(bound, torch.tensor(-4 * math.log(2)))
