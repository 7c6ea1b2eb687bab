"""Public checks of `adversarial-fgsm`: they show the interface."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close


def attack_the_example(submission):
    model = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.eye(2))
    x, y = torch.tensor([[0.5, 0.1]]), torch.tensor([0])
    return submission.fgsm(model, x, y, 0.2), submission.pgd(model, x, y, 0.2, 0.15, 2)


def attack_an_image(submission, seed, eps):
    """Attack a random network on one random image; tell the image before and after."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 5))
    x, y = torch.rand(1, 3, 2, 2), torch.tensor([seed % 5])
    return x, submission.fgsm(model, x, y, eps), submission.pgd(model, x, y, eps, eps / 2, 3)


def test_the_example(solution):
    one, many = solution.run(attack_the_example)
    assert_close(one, torch.tensor([[0.3, 0.3]]))
    assert_close(many, torch.tensor([[0.3, 0.3]]))


@given(seed=st.integers(0, 1000), eps=st.sampled_from([0.0, 0.05, 0.3]))
@settings(max_examples=8, deadline=None)
def test_inputs_stay_near_and_valid(solution, seed, eps):
    x, *attacked = solution.run(attack_an_image, seed, eps)
    for result in attacked:
        assert result.shape == x.shape
        assert result.dtype == x.dtype
        assert (result - x).abs().max() <= eps + 1e-6
        assert result.min() >= 0
        assert result.max() <= 1
