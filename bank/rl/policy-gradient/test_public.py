"""Public checks of `policy-gradient`: the interface by small examples."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close

R, DONE = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([False, True, False])


def slope_by_logp(submission):
    logp = torch.tensor([-1.0, -3.0], requires_grad=True)
    submission.reinforce_loss(logp, torch.tensor([2.0, 0.0]), torch.zeros(2), 0.1).backward()
    return logp.grad


def test_returns_of_two_episodes(solution):
    assert_close(solution.returns(R, DONE, 0.5, torch.tensor(8.0)), torch.tensor([2.0, 2.0, 8.0]))


def test_advantages_of_two_episodes(solution):
    found = solution.gae(R, torch.ones(3), DONE, 0.5, 0.5, torch.tensor(8.0))
    assert_close(found, torch.tensor([0.75, 1.0, 7.0]))


@given(beta=st.floats(0, 1))
@settings(max_examples=10)
def test_a_loss_and_its_slope(solution, beta):
    found = solution.reinforce_loss(torch.tensor([-1.0, -3.0]), torch.tensor([2.0, 0.0]), torch.full((2,), 0.5), beta)
    assert_close(found, torch.tensor(1 - beta / 2), atol=1e-5)
    assert_close(solution.run(slope_by_logp), torch.tensor([-1.0, 0.0]))


def test_a_bootstrap_of_another_shape_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.returns(R, DONE, 0.5, torch.tensor([8.0]))
